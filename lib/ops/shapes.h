#pragma once

#include <optional>

#include "ops/op.h"

namespace qtool {

/// The shape that both broadcast to by ONNX's (NumPy's) rule. Throws Error if there is none.
Shape broadcast_shape(const Shape& a, const Shape& b);

/// Product of dimensions [begin, end).
int64_t product(const Shape& shape, std::size_t begin, std::size_t end);

/// A tensor taken as [outer, axis, inner] around one of its axes.
struct AxisSplit {
  int64_t outer;
  int64_t axis;
  int64_t inner;
};
AxisSplit split_at(const Shape& shape, int axis);

/// Integers that older operators take as an attribute and newer ones as an input: axes, shapes,
/// pads. Made when the node is bound, read in each run.
class IntsArgument {
 public:
  IntsArgument(const BindContext& context, std::string_view attribute, std::size_t input);
  /// The integers, or none if neither attribute nor input is there.
  std::optional<std::vector<int64_t>> read(const KernelCall& call) const;
  /// The integers. Throws Error, naming the attribute, if they are not there.
  std::vector<int64_t> require(const KernelCall& call) const;

 private:
  std::string name_;
  std::optional<std::vector<int64_t>> attribute_;
  std::size_t input_;
};

/// Which axes are named, one entry per axis. Throws Error for one that is out of range or named
/// twice.
std::vector<bool> axis_mask(const std::vector<int64_t>& axes, std::size_t rank);

}  // namespace qtool
