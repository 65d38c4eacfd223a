#include <algorithm>
#include <numeric>

#include "kernels/reference/convert.h"
#include "kernels/reference/copy.h"
#include "ops/packed.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// The address `elements` after `base`.
const void* offset(const Tensor& base, int64_t elements) {
  return static_cast<const std::byte*>(base.raw()) +
         elements * static_cast<int64_t>(element_bytes(base));
}

std::vector<int64_t> read_permutation(const std::vector<int64_t>& attribute, std::size_t rank) {
  if (!attribute.empty()) {
    const std::vector<bool> named = axis_mask(attribute, rank);
    if (attribute.size() != rank || std::count(named.begin(), named.end(), false) > 0)
      fail("perm {} is no permutation of {} axes", to_string(attribute), rank);
    return attribute;
  }
  std::vector<int64_t> reversed(rank);
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  return reversed;
}

Kernel bind_transpose(const BindContext& context) {
  return [perm = context.attribute<std::vector<int64_t>>("perm", {})](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Shape strides = ref::row_major_strides(x.shape());
    Shape shape;
    Shape from;
    for (const int64_t axis : read_permutation(perm, x.rank())) {
      shape.push_back(x.dim(static_cast<std::size_t>(axis)));
      from.push_back(strides[static_cast<std::size_t>(axis)]);
    }
    Tensor& y = call.output(0, x.dtype(), shape);
    ref::copy(ref::StridedLoop<2>(shape, {ref::row_major_strides(shape), from}), element_bytes(x),
              y.mutable_raw(), x.raw());
  };
}

// The shape of all inputs put after one another along `axis`.
Shape concat_shape(const KernelCall& call, std::size_t axis) {
  Shape shape = call.input(0).shape();
  for (std::size_t i = 1; i < call.input_count(); ++i) {
    require_same_type(call.input(0), call.input(i));
    Shape other = call.input(i).shape();
    if (other.size() == shape.size())
      shape[axis] += std::exchange(other[axis], shape[axis] + other[axis]);
    if (other != shape)
      fail("input {} of shape {} does not fit the others", i, to_string(call.input(i).shape()));
  }
  return shape;
}

Kernel bind_concat(const BindContext& context) {
  const int64_t* axis = find_attribute<int64_t>(context.node, "axis");
  if (axis == nullptr) fail("attribute 'axis' is missing");
  return [axis = *axis](KernelCall& call) {
    const Tensor& first = call.input(0);
    const int at = normalize_axis(axis, first.rank());
    const Shape shape = concat_shape(call, static_cast<std::size_t>(at));
    const AxisSplit whole = split_at(shape, at);
    const std::size_t bytes = element_bytes(first);
    auto* to = static_cast<std::byte*>(call.output(0, first.dtype(), shape).mutable_raw());
    for (std::size_t i = 0; i < call.input_count(); ++i) {
      const int64_t part = split_at(call.input(i).shape(), at).axis * whole.inner;
      ref::copy(ref::StridedLoop<2>({whole.outer, part},
                                    {Shape{whole.axis * whole.inner, 1}, Shape{part, 1}}),
                bytes, to, call.input(i).raw());
      to += part * static_cast<int64_t>(bytes);
    }
  };
}

// The sizes of the parts that `total` is split into.
std::vector<int64_t> split_sizes(const std::optional<std::vector<int64_t>>& given, int64_t total,
                                 int64_t parts) {
  if (given) {
    if (std::ssize(*given) != parts ||
        std::accumulate(given->begin(), given->end(), int64_t{0}) != total)
      fail("split {} does not divide {} into {} parts", to_string(*given), total, parts);
    return *given;
  }
  // All but the last are of the same size, rounded up.
  const int64_t size = (total + parts - 1) / parts;
  std::vector<int64_t> sizes(static_cast<std::size_t>(parts), size);
  sizes.back() = total - size * (parts - 1);
  if (sizes.back() < 0) fail("{} elements cannot be split into {} parts", total, parts);
  return sizes;
}

Kernel bind_split(const BindContext& context) {
  const int64_t axis = context.attribute<int64_t>("axis", 0);
  return [axis, split = IntsArgument(context, "split", 1)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const int at = normalize_axis(axis, x.rank());
    const AxisSplit whole = split_at(x.shape(), at);
    const auto sizes =
        split_sizes(split.read(call), whole.axis, static_cast<int64_t>(call.output_count()));
    int64_t start = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      Shape shape = x.shape();
      shape[static_cast<std::size_t>(at)] = sizes[i];
      const int64_t part = sizes[i] * whole.inner;
      Tensor& y = call.output(i, x.dtype(), shape);
      ref::copy(ref::StridedLoop<2>({whole.outer, part},
                                    {Shape{part, 1}, Shape{whole.axis * whole.inner, 1}}),
                element_bytes(x), y.mutable_raw(), offset(x, start));
      start += part;
    }
  };
}

// One axis of a slice, brought into range as ONNX says.
struct AxisSlice {
  int64_t start;
  int64_t count;
};
AxisSlice resolve_slice(int64_t start, int64_t end, int64_t step, int64_t dim) {
  if (step == 0) fail("the step of a slice is 0");
  const auto position = [&](int64_t i) {
    if (i < 0) i += dim;
    return step > 0 ? std::clamp<int64_t>(i, 0, dim) : std::clamp<int64_t>(i, -1, dim - 1);
  };
  // A start before the first element is the first, whichever way it goes.
  const int64_t from = std::max<int64_t>(position(start), 0);
  const int64_t distance = step > 0 ? position(end) - from : from - position(end);
  const int64_t stride = std::abs(step);
  return {from, dim == 0 || distance <= 0 ? 0 : (distance - 1) / stride + 1};
}

Kernel bind_slice(const BindContext& context) {
  return [starts = IntsArgument(context, "starts", 1), ends = IntsArgument(context, "ends", 2),
          axes = IntsArgument(context, "axes", 3),
          steps = IntsArgument(context, "steps", 4)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const auto from = starts.require(call);
    const auto to = ends.require(call);
    std::vector<int64_t> all(from.size());
    std::iota(all.begin(), all.end(), 0);
    const auto along = axes.read(call).value_or(all);
    const auto by = steps.read(call).value_or(std::vector<int64_t>(from.size(), 1));
    if (to.size() != from.size() || along.size() != from.size() || by.size() != from.size())
      fail("starts, ends, axes and steps must be of the same length");
    axis_mask(along, x.rank());
    Shape shape = x.shape();
    Shape strides = ref::row_major_strides(shape);
    int64_t first = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
      const auto axis = static_cast<std::size_t>(normalize_axis(along[i], x.rank()));
      const AxisSlice slice = resolve_slice(from[i], to[i], by[i], x.dim(axis));
      first += slice.start * strides[axis];
      shape[axis] = slice.count;
      strides[axis] *= by[i];
    }
    Tensor& y = call.output(0, x.dtype(), shape);
    if (y.size() == 0) return;
    ref::copy(ref::StridedLoop<2>(shape, {ref::row_major_strides(shape), strides}),
              element_bytes(x), y.mutable_raw(), offset(x, first));
  };
}

Kernel bind_gather(const BindContext& context) {
  const int64_t axis = context.attribute<int64_t>("axis", 0);
  return [axis](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Tensor& indices = call.input(1);
    const int at = normalize_axis(axis, x.rank());
    const AxisSplit s = split_at(x.shape(), at);
    std::vector<int64_t> list = to_int64s(indices);
    for (int64_t& index : list) {
      if (index < -s.axis || index >= s.axis)
        fail("index {} is outside axis {} of input {}", index, at, to_string(x.shape()));
      if (index < 0) index += s.axis;
    }
    Shape shape = x.shape();
    shape.erase(shape.begin() + at);
    shape.insert(shape.begin() + at, indices.shape().begin(), indices.shape().end());
    Tensor& y = call.output(0, x.dtype(), shape);
    ref::gather(s.outer, s.axis, s.inner, element_bytes(x), x.raw(), list.data(), std::ssize(list),
                y.mutable_raw());
  };
}

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

// For each axis, where each index of the output comes from.
std::vector<Shape> pad_tables(const Shape& input, const std::vector<int64_t>& pads,
                              const std::vector<int64_t>& axes, PadIndex source) {
  if (pads.size() != 2 * axes.size())
    fail("pads {} must have two entries for each of {} axes", to_string(pads), axes.size());
  axis_mask(axes, input.size());
  Shape begin(input.size(), 0);
  Shape size = input;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(normalize_axis(axes[i], input.size()));
    begin[axis] = pads[i];
    size[axis] += pads[i] + pads[axes.size() + i];
    if (size[axis] < 0 || (input[axis] == 0 && size[axis] > 0 && source != constant_index))
      fail("input {} cannot be padded by {}", to_string(input), to_string(pads));
  }
  std::vector<Shape> tables(input.size());
  for (std::size_t axis = 0; axis < input.size(); ++axis)
    for (int64_t i = 0; i < size[axis]; ++i)
      tables[axis].push_back(source(i - begin[axis], input[axis]));
  return tables;
}

// One element of x's type: input 2, or the attribute of older operators.
Tensor pad_value(const KernelCall& call, float attribute) {
  const Tensor& x = call.input(0);
  if (call.has(2) && call.input(2).size() > 0) {
    require_same_type(x, call.input(2));
    return call.input(2);
  }
  Tensor value(x.dtype(), {});
  std::fill_n(static_cast<std::byte*>(value.mutable_raw()), element_bytes(x), std::byte{0});
  if (attribute == 0) return value;
  with_type(NumericTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::convert(&attribute, value.mutable_data<T>(), 1);
  });
  return value;
}

Kernel bind_pad(const BindContext& context) {
  const PadIndex source = pad_index(context.attribute<std::string>("mode", "constant"));
  return [source, pads = IntsArgument(context, "pads", 1), axes = IntsArgument(context, "axes", 3),
          attribute = context.attribute("value", 0.0F)](KernelCall& call) {
    const Tensor& x = call.input(0);
    std::vector<int64_t> all(x.rank());
    std::iota(all.begin(), all.end(), 0);
    const auto tables =
        pad_tables(x.shape(), pads.require(call), axes.read(call).value_or(all), source);
    Shape shape;
    for (const Shape& table : tables) shape.push_back(std::ssize(table));
    Tensor& y = call.output(0, x.dtype(), shape);
    ref::pick(x.shape(), tables, element_bytes(x), x.raw(), pad_value(call, attribute).raw(),
              y.mutable_raw());
  };
}

}  // namespace

std::span<const OpSpec> layout_ops() {
  static const QuantTraits kMoves = {.inputs = {Role::kActivation, Role::kPlain},
                                     .same_params = true};
  static const std::vector<OpSpec> kOps = {
      reference_op("Transpose", moves_packed<bind_transpose>, kMoves),
      reference_op("Concat", moves_packed<bind_concat>,
                   {.inputs = {Role::kActivation}, .qoperator = "com.microsoft.QLinearConcat"}),
      reference_op("Split", moves_packed<bind_split>, kMoves),
      reference_op("Slice", moves_packed<bind_slice>, kMoves),
      reference_op("Gather", moves_packed<bind_gather>, kMoves),
      reference_op("Pad", moves_packed<bind_pad>, kMoves),
  };
  return kOps;
}

}  // namespace qtool
