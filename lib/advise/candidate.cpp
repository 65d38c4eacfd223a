#include "advise/candidate.h"

#include <fmt/format.h>

#include <array>

namespace qtool {
namespace {

constexpr std::array kStaticMethods = {RangeMethod::kMinMax, RangeMethod::kPercentile,
                                       RangeMethod::kEntropy, RangeMethod::kMse};

Candidate candidate(std::string name, Mode mode, QuantOptions quant) {
  quant.mode = mode;
  return {std::move(name), std::move(quant)};
}

}  // namespace

std::vector<Candidate> standard_candidates(const QuantOptions& base) {
  std::vector<Candidate> candidates = {
      candidate("float16", Mode::kFloat16, base),
      candidate("weights only", Mode::kWeightOnly, base),
      candidate("dynamic", Mode::kDynamic, base),
      candidate("dynamic, convolutions too", Mode::kDynamic, base),
  };
  candidates.back().quant.dynamic_conv = true;
  for (const bool per_channel : {true, false})
    for (const RangeMethod method : kStaticMethods) {
      Candidate& added = candidates.emplace_back(
          candidate(fmt::format("static, {}{}", name(method), per_channel ? "" : ", per tensor"),
                    Mode::kStatic, base));
      added.quant.weight.per_channel = per_channel;
      added.choice.method = method;
    }
  return candidates;
}

Candidate with_mode(Candidate candidate, const std::vector<std::string>& nodes, Mode mode,
                    const std::string& change) {
  candidate.name += "; " + change;
  candidate.quant.rules.push_back({.nodes = nodes, .mode = mode, .origin = kAdvised});
  return candidate;
}

}  // namespace qtool
