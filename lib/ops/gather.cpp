#include <algorithm>
#include <numeric>

#include "kernels/reference/copy.h"
#include "ops/elements.h"
#include "ops/indices.h"
#include "ops/packed.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// y: slices of x [axis, inner…] by their numbers.
void take(KernelCall& call, const Tensor& x, const Shape& shape, const std::vector<int64_t>& slices,
          int64_t inner) {
  Tensor& y = call.output(0, x.dtype(), shape);
  ref::gather(1, 0, inner, element_bytes(x), x.raw(), slices.data(), std::ssize(slices),
              y.mutable_raw());
}

// Input 0 along an axis at indices of that axis, whose own shape is given.
void take_along(KernelCall& call, int axis, std::vector<int64_t> indices, const Shape& own) {
  const Tensor& x = call.input(0);
  const AxisSplit s = split_at(x.shape(), axis);
  for (int64_t& index : indices) index = normalize_index(index, s.axis);
  Shape shape = x.shape();
  shape.erase(shape.begin() + axis);
  shape.insert(shape.begin() + axis, own.begin(), own.end());
  Tensor& y = call.output(0, x.dtype(), shape);
  ref::gather(s.outer, s.axis, s.inner, element_bytes(x), x.raw(), indices.data(),
              std::ssize(indices), y.mutable_raw());
}

Kernel bind_gather(const BindContext& context) {
  return [axis = context.attribute<int64_t>("axis", 0)](KernelCall& call) {
    const Tensor& indices = call.input(1);
    take_along(call, normalize_axis(axis, call.input(0).rank()), to_int64s(indices),
               indices.shape());
  };
}

Kernel bind_gather_elements(const BindContext& context) {
  return [axis = context.attribute<int64_t>("axis", 0)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Tensor& indices = call.input(1);
    take(call, x, indices.shape(),
         element_positions(indices, normalize_axis(axis, x.rank()), x.shape()), 1);
  };
}

Kernel bind_gather_nd(const BindContext& context) {
  return [batch_dims = context.attribute<int64_t>("batch_dims", 0)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Tensor& indices = call.input(1);
    const SlicePositions slices = slice_positions(indices, x.shape(), batch_dims);
    Shape shape(indices.shape().begin(), indices.shape().end() - 1);
    shape.insert(shape.end(), slices.shape.begin(), slices.shape.end());
    take(call, x, shape, slices.positions, element_count(slices.shape));
  };
}

Kernel bind_compress(const BindContext& context) {
  const int64_t* axis = find_attribute<int64_t>(context.node, "axis");
  return [axis = axis == nullptr ? std::nullopt : std::optional(*axis)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const std::vector<int64_t> condition = to_int64s(call.input(1));
    std::vector<int64_t> kept;
    for (std::size_t i = 0; i < condition.size(); ++i)
      if (condition[i] != 0) kept.push_back(static_cast<int64_t>(i));
    const Shape own = {std::ssize(kept)};
    if (axis) return take_along(call, normalize_axis(*axis, x.rank()), std::move(kept), own);
    for (const int64_t index : kept) normalize_index(index, x.size());
    take(call, x, own, kept, 1);
  };
}

Kernel bind_reverse_sequence(const BindContext& context) {
  const int64_t batch_axis = context.attribute<int64_t>("batch_axis", 1);
  const int64_t time_axis = context.attribute<int64_t>("time_axis", 0);
  if (!(batch_axis == 0 && time_axis == 1) && !(batch_axis == 1 && time_axis == 0))
    fail("batch_axis and time_axis must be 0 and 1 or 1 and 0");
  return [batch_first = batch_axis == 0](KernelCall& call) {
    const Tensor& x = call.input(0);
    if (x.rank() < 2) fail("input {} has no batch and time axes", to_string(x.shape()));
    const std::vector<int64_t> lengths = to_int64s(call.input(1));
    const int64_t batch = x.dim(batch_first ? 0 : 1);
    const int64_t time = x.dim(batch_first ? 1 : 0);
    if (std::ssize(lengths) != batch) fail("{} sequence_lens for {}", lengths.size(), batch);
    std::vector<int64_t> slices(static_cast<std::size_t>(batch * time));
    for (int64_t b = 0; b < batch; ++b) {
      const int64_t length = lengths[static_cast<std::size_t>(b)];
      if (length < 0 || length > time) fail("sequence length {} is not in [0, {}]", length, time);
      const auto slice = [&](int64_t t) { return batch_first ? b * time + t : t * batch + b; };
      for (int64_t t = 0; t < time; ++t)
        slices[static_cast<std::size_t>(slice(t))] = slice(t < length ? length - 1 - t : t);
    }
    take(call, x, x.shape(), slices, product(x.shape(), 2, x.rank()));
  };
}

}  // namespace

std::span<const OpSpec> gather_ops() {
  static const QuantTraits kMoves = {.inputs = {Role::kActivation, Role::kPlain},
                                     .same_params = true};
  static const std::vector<OpSpec> kOps = {
      reference_op("Gather", moves_packed<bind_gather>, kMoves),
      reference_op("GatherElements", bind_gather_elements, kMoves),
      reference_op("GatherND", bind_gather_nd, kMoves),
      reference_op("Compress", bind_compress),
      reference_op("ReverseSequence", bind_reverse_sequence),
  };
  return kOps;
}

}  // namespace qtool
