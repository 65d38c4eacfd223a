#include "kernels/reference/scatter.h"

#include <numeric>

#include "kernels/reference/copy.h"
#include "ops/elements.h"
#include "ops/indices.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// Writes `updates` to the slices of y at `positions`, or joins them with what is there.
using Write = void (*)(Tensor& y, const Tensor& updates, const std::vector<int64_t>& positions,
                       int64_t inner);

void overwrite(Tensor& y, const Tensor& updates, const std::vector<int64_t>& positions,
               int64_t inner) {
  ref::scatter(inner, element_bytes(y), updates.raw(), positions.data(), std::ssize(positions),
               y.mutable_raw());
}

template <class F>
void join(Tensor& y, const Tensor& updates, const std::vector<int64_t>& positions, int64_t inner) {
  with_type(AnyNumberTypes{}, y.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::scatter_with(F{}, inner, updates.data<T>(), positions.data(), std::ssize(positions),
                      y.mutable_data<T>());
  });
}

Write read_write(const BindContext& context) {
  const auto reduction = context.attribute<std::string>("reduction", "none");
  if (reduction == "none") return overwrite;
  if (reduction == "add") return join<ref::ScatterAdd>;
  if (reduction == "mul") return join<ref::ScatterMul>;
  if (reduction == "max") return join<ref::ScatterMax>;
  if (reduction == "min") return join<ref::ScatterMin>;
  fail("reduction '{}' is not known", reduction);
}

// Output 0: input 0 with input 2, which must be of the shape given, written to it.
void scatter(KernelCall& call, Write write, const Shape& expected,
             const std::vector<int64_t>& positions, int64_t inner) {
  const Tensor& updates = call.input(2);
  require_same_type(call.input(0), updates);
  if (updates.shape() != expected)
    fail("updates have shape {}, expected {}", to_string(updates.shape()), to_string(expected));
  Tensor y = copied(call, call.input(0));
  write(y, updates, positions, inner);
  call.set_output(0, y);
}

Kernel bind_scatter_elements(const BindContext& context) {
  const int64_t axis = context.attribute<int64_t>("axis", 0);
  return [axis, write = read_write(context)](KernelCall& call) {
    const Shape& data = call.input(0).shape();
    const Tensor& indices = call.input(1);
    scatter(call, write, indices.shape(),
            element_positions(indices, normalize_axis(axis, data.size()), data), 1);
  };
}

Kernel bind_scatter_nd(const BindContext& context) {
  return [write = read_write(context)](KernelCall& call) {
    const Tensor& indices = call.input(1);
    const SlicePositions slices = slice_positions(indices, call.input(0).shape(), 0);
    Shape expected(indices.shape().begin(), indices.shape().end() - 1);
    expected.insert(expected.end(), slices.shape.begin(), slices.shape.end());
    scatter(call, write, expected, slices.positions, element_count(slices.shape));
  };
}

// Where the slices of TensorScatter's update go, both seen as [batch, outer, axis, inner].
std::vector<int64_t> cache_positions(int64_t batch, int64_t outer, int64_t length, int64_t size,
                                     const std::vector<int64_t>& starts, bool circular) {
  std::vector<int64_t> positions;
  for (int64_t b = 0; b < batch; ++b) {
    const int64_t start = starts[static_cast<std::size_t>(b)];
    if (start < 0 || (!circular && start > size - length))
      fail("{} elements cannot be written at {} of {}", length, start, size);
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < length; ++i)
        positions.push_back((b * outer + o) * size +
                            (start % std::max<int64_t>(size, 1) + i) % size);
  }
  return positions;
}

Kernel bind_tensor_scatter(const BindContext& context) {
  const auto mode = context.attribute<std::string>("mode", "linear");
  if (mode != "linear" && mode != "circular") fail("mode '{}' is not known", mode);
  return [circular = mode == "circular",
          axis = context.attribute<int64_t>("axis", -2)](KernelCall& call) {
    const Tensor& cache = call.input(0);
    const Tensor& update = call.input(1);
    require_same_type(cache, update);
    const auto at = static_cast<std::size_t>(normalize_axis(axis, cache.rank()));
    if (at == 0) fail("axis 0 is the batch");
    Shape expected = cache.shape();
    if (update.rank() == cache.rank()) expected[at] = std::min(expected[at], update.dim(at));
    if (update.shape() != expected)
      fail("update {} does not fit cache {}", to_string(update.shape()), to_string(cache.shape()));
    const int64_t batch = cache.dim(0);
    std::vector<int64_t> starts(static_cast<std::size_t>(batch), 0);
    if (call.has(2)) starts = to_int64s(call.input(2));
    if (std::ssize(starts) != batch) fail("{} write_indices for {}", starts.size(), batch);
    Tensor y = copied(call, cache);
    overwrite(y, update,
              cache_positions(batch, product(cache.shape(), 1, at), expected[at], cache.dim(at),
                              starts, circular),
              product(cache.shape(), at + 1, cache.rank()));
    call.set_output(0, y);
  };
}

}  // namespace

std::span<const OpSpec> scatter_ops() {
  static const std::vector<OpSpec> kOps = {
      reference_op("Scatter", bind_scatter_elements),
      reference_op("ScatterElements", bind_scatter_elements),
      reference_op("ScatterND", bind_scatter_nd),
      reference_op("TensorScatter", bind_tensor_scatter),
  };
  return kOps;
}

}  // namespace qtool
