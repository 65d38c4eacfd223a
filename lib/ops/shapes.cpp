#include "ops/shapes.h"

namespace qtool {

Shape broadcast_shape(const Shape& a, const Shape& b) {
  if (a == b) return a;
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  Shape result = longer;
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    int64_t& dim = result[longer.size() - shorter.size() + i];
    if (dim == 1)
      dim = shorter[i];
    else if (shorter[i] != 1 && shorter[i] != dim)
      fail("shapes {} and {} cannot be broadcast", to_string(a), to_string(b));
  }
  return result;
}

int64_t product(const Shape& shape, std::size_t begin, std::size_t end) {
  int64_t result = 1;
  for (std::size_t i = begin; i < end; ++i) result *= shape[i];
  return result;
}

AxisSplit split_at(const Shape& shape, int axis) {
  const auto at = static_cast<std::size_t>(axis);
  return {product(shape, 0, at), shape[at], product(shape, at + 1, shape.size())};
}

IntsArgument::IntsArgument(const BindContext& context, std::string_view attribute,
                           std::size_t input)
    : name_(attribute), input_(input) {
  if (const auto* values = find_attribute<std::vector<int64_t>>(context.node, attribute))
    attribute_ = *values;
}

std::optional<std::vector<int64_t>> IntsArgument::read(const KernelCall& call) const {
  if (attribute_) return attribute_;
  if (call.has(input_)) return to_int64s(call.input(input_));
  return std::nullopt;
}

std::vector<int64_t> IntsArgument::require(const KernelCall& call) const {
  auto values = read(call);
  if (!values) fail("{} is given neither as an attribute nor as an input", name_);
  return *std::move(values);
}

std::vector<bool> axis_mask(const std::vector<int64_t>& axes, std::size_t rank) {
  std::vector<bool> mask(rank, false);
  for (const int64_t axis : axes) {
    auto entry = mask[static_cast<std::size_t>(normalize_axis(axis, rank))];
    if (entry) fail("axis {} is named twice in {}", axis, to_string(axes));
    entry = true;
  }
  return mask;
}

}  // namespace qtool
