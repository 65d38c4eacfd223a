#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "ir/graph.h"

namespace qtool {

/// In place of an input: the output.
inline constexpr std::size_t kOutput = std::numeric_limits<std::size_t>::max();

/// What one input of a quantized operator is.
struct Slot {
  enum class What : uint8_t {
    kIntegers,   // of an input of the float operator
    kScale,      // of those integers
    kZeroPoint,  // likewise
    kBias,       // integers of an input, int32 at the scale of the products it is added to
    kAsIs,       // an input that is not quantized
  };
  What what;
  std::size_t input;  // of the float operator, or kOutput
};

/// How a quantized operator relates to a float one.
struct QuantizedForm {
  enum class Output : uint8_t { kIntegers, kFloat, kEither };

  std::string_view op;         // the float operator, "Gemm"
  std::string_view qoperator;  // "com.microsoft.QGemm"
  /// What the quantized operator reads, in its order: q0, s0, z0: integers, scale and zero point of
  /// input 0; sy, zy: scale and zero point of the output; b2: input 2 as a bias; f2: input 2 as it
  /// is; *: integers, scale and zero point of every input.
  std::string_view inputs;
  Output output = Output::kIntegers;
};

/// The one table of both directions.
std::span<const QuantizedForm> quantized_forms();

/// What the form reads where the float operator has `count` inputs.
std::vector<Slot> slots_of(const QuantizedForm& form, std::size_t count);

/// Makes the node the operator of that name, with its domain: "com.microsoft.QGemm".
void set_op(Node& node, std::string_view full_name);

}  // namespace qtool
