#include <algorithm>
#include <numeric>

#include "kernels/reference/copy.h"
#include "ops/elements.h"
#include "ops/packed.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// Where index `i` of a padded axis comes from: an index into [0, size), or -1 for the constant.
// `i` counts from the first element of the input.
using PadIndex = int64_t (*)(int64_t i, int64_t size);

int64_t modulo(int64_t i, int64_t n) { return (i % n + n) % n; }

int64_t constant_index(int64_t i, int64_t size) { return i < 0 || i >= size ? -1 : i; }
int64_t edge_index(int64_t i, int64_t size) { return std::clamp<int64_t>(i, 0, size - 1); }
int64_t reflect_index(int64_t i, int64_t size) {
  if (size == 1) return 0;
  const int64_t folded = modulo(i, 2 * (size - 1));
  return std::min(folded, 2 * (size - 1) - folded);
}
int64_t wrap_index(int64_t i, int64_t size) { return modulo(i, size); }

PadIndex pad_index(const std::string& mode) {
  if (mode == "constant") return constant_index;
  if (mode == "edge") return edge_index;
  if (mode == "reflect") return reflect_index;
  if (mode == "wrap") return wrap_index;
  fail("pad mode '{}' is not known", mode);
}

// What is added in front of and behind each axis; negative where elements are dropped.
struct Pads {
  Shape begin;
  Shape end;
};

Pads read_pads(std::size_t rank, const std::vector<int64_t>& pads,
               const std::vector<int64_t>& axes) {
  if (pads.size() != 2 * axes.size())
    fail("pads {} must have two entries for each of {} axes", to_string(pads), axes.size());
  axis_mask(axes, rank);
  Pads result{Shape(rank, 0), Shape(rank, 0)};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(normalize_axis(axes[i], rank));
    result.begin[axis] = pads[i];
    result.end[axis] = pads[axes.size() + i];
  }
  return result;
}

// Elements of an axis that are not dropped.
int64_t kept(int64_t dim, int64_t begin, int64_t end) {
  return checked_add(dim, checked_add(std::min<int64_t>(begin, 0), std::min<int64_t>(end, 0)));
}

Shape padded_shape(const Shape& input, const Pads& pads, PadIndex source) {
  Shape shape;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const int64_t left = kept(input[i], pads.begin[i], pads.end[i]);
    shape.push_back(checked_add(input[i], checked_add(pads.begin[i], pads.end[i])));
    if (left < 0 || (left == 0 && shape[i] > 0 && source != constant_index))
      fail("an axis of {} elements cannot be padded by {} and {}", input[i], pads.begin[i],
           pads.end[i]);
  }
  return shape;
}

// Where each index of an axis of the output comes from. Negative pads drop elements first; what is
// left is then padded.
Shape pad_table(int64_t size, int64_t left, int64_t begin, PadIndex source) {
  Shape table(static_cast<std::size_t>(size));
  for (int64_t i = 0; i < size; ++i) {
    const int64_t from = source(i - std::max<int64_t>(begin, 0), left);
    table[static_cast<std::size_t>(i)] = from < 0 ? from : from - std::min<int64_t>(begin, 0);
  }
  return table;
}

// One element of x's type: input 2, or the attribute of older operators.
Tensor pad_value(const KernelCall& call, float attribute) {
  const Tensor& x = call.input(0);
  if (!call.has(2)) return attribute == 0 ? zero_of(x.dtype()) : number_of(x.dtype(), attribute);
  require_same_type(x, call.input(2));
  if (call.input(2).size() != 1) fail("the value to pad with must be a scalar");
  return call.input(2);
}

Kernel bind_pad(const BindContext& context) {
  const PadIndex source = pad_index(context.attribute<std::string>("mode", "constant"));
  return [source, pads = IntsArgument(context, "pads", 1), axes = IntsArgument(context, "axes", 3),
          attribute = context.attribute("value", 0.0F)](KernelCall& call) {
    const Tensor& x = call.input(0);
    std::vector<int64_t> all(x.rank());
    std::iota(all.begin(), all.end(), 0);
    const Pads amounts = read_pads(x.rank(), pads.require(call), axes.read(call).value_or(all));
    const Shape shape = padded_shape(x.shape(), amounts, source);
    Tensor& y = call.output(0, x.dtype(), shape);  // first: it checks the size
    if (y.size() == 0) return;
    std::vector<Shape> tables;
    for (std::size_t i = 0; i < shape.size(); ++i)
      tables.push_back(pad_table(shape[i], kept(x.dim(i), amounts.begin[i], amounts.end[i]),
                                 amounts.begin[i], source));
    ref::pick(x.shape(), tables, element_bytes(x), x.raw(), pad_value(call, attribute).raw(),
              y.mutable_raw());
  };
}

}  // namespace

std::span<const OpSpec> pad_ops() {
  static const std::vector<OpSpec> kOps = {
      reference_op("Pad", moves_packed<bind_pad>,
                   {.inputs = {Role::kActivation, Role::kPlain}, .same_params = true}),
  };
  return kOps;
}

}  // namespace qtool
