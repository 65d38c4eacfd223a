#pragma once

#include <span>
#include <string>
#include <vector>

#include "calib/methods/range_choice.h"
#include "quant/options.h"

namespace qtool {

/// One way to quantize a model, to be tried.
struct Candidate {
  std::string name;  // for people: "static, entropy, per tensor"
  QuantOptions quant;
  RangeChoice choice = {};  // of static ranges
  bool qoperator = false;   // quantized operators in place of QDQ
};

/// What is tried of every model: float16; weights only; dynamic, without and with convolutions; static by four
/// methods, each with weights per channel and per tensor. `base` has the types of weights and activations
/// and the rules that hold for all.
std::vector<Candidate> standard_candidates(const QuantOptions& base);

/// The origin of rules that with_mode adds.
inline constexpr const char* kAdvised = "advise";

/// The candidate with some nodes in another mode, as far as they have it; `change` joins its name.
Candidate with_mode(Candidate candidate, const std::vector<std::string>& nodes, Mode mode,
                    const std::string& change);

}  // namespace qtool
