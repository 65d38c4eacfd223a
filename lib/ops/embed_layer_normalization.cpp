#include <algorithm>

#include "ops/half_as_float.h"
#include "ops/in_place.h"
#include "ops/layer_norm.h"
#include "ops/registry.h"
#include "ops/types.h"

namespace qtool {
namespace {

// Inputs of EmbedLayerNormalization.
enum Input : std::size_t {
  kIds,
  kSegments,
  kWordTable,
  kPositionTable,
  kSegmentTable,
  kScale,
  kBias,
  kMask,
  kPositions
};

// The rows of a table [count, size] that `ids` name, in their shape.
Tensor look_up(KernelCall& call, const Tensor& table, const std::vector<int64_t>& ids,
               const Shape& ids_shape) {
  if (table.rank() != 2) fail("a table of shape {} must have rank 2", to_string(table.shape()));
  const std::size_t row = static_cast<std::size_t>(table.dim(1)) * element_bytes(table);
  Tensor y = call.scratch(table.dtype(), {ids_shape[0], ids_shape[1], table.dim(1)});
  auto* to = static_cast<std::byte*>(y.mutable_raw());
  for (const int64_t id : ids) {
    if (id < 0 || id >= table.dim(0))
      fail("index {} is not between 0 and {}", id, table.dim(0) - 1);
    to = std::copy_n(
        static_cast<const std::byte*>(table.raw()) + static_cast<std::size_t>(id) * row, row, to);
  }
  return y;
}

// An input of integers [batch, length], or [1, length], which is the same for all sequences.
std::vector<int64_t> read_ids(const KernelCall& call, std::size_t index, const Shape& shape) {
  const Tensor& ids = call.input(index);
  const std::vector<int64_t> given = to_int64s(ids);
  if (ids.shape() == shape) return given;
  if (ids.shape() != Shape{1, shape[1]})
    fail("input {} of shape {} must be {}", index, to_string(ids.shape()), to_string(shape));
  std::vector<int64_t> result;
  for (int64_t b = 0; b < shape[0]; ++b) result.insert(result.end(), given.begin(), given.end());
  return result;
}

// Without such an input tokens are counted.
std::vector<int64_t> read_positions(const KernelCall& call, const Shape& shape) {
  if (call.has(kPositions)) return read_ids(call, kPositions, shape);
  std::vector<int64_t> positions;
  for (int64_t i = 0; i < element_count(shape); ++i) positions.push_back(i % shape[1]);
  return positions;
}

// Output 1: how many entries of each sequence's mask are 1; 0 without a mask.
void count_mask(KernelCall& call, const Shape& shape) {
  int32_t* counts = call.output(1, DType::kInt32, {shape[0]}).mutable_data<int32_t>();
  std::fill_n(counts, shape[0], 0);
  if (!call.has(kMask)) return;
  const std::vector<int64_t> mask = read_ids(call, kMask, shape);
  for (std::size_t i = 0; i < mask.size(); ++i)
    counts[i / static_cast<std::size_t>(shape[1])] += mask[i] == 1 ? 1 : 0;
}

Kernel bind_embed(const BindContext& context) {
  return [epsilon = context.attribute("epsilon", 1e-12F)](KernelCall& call) {
    const Shape& shape = call.input(kIds).shape();
    if (shape.size() != 2) fail("input {} must have rank 2", to_string(shape));
    Tensor sum = look_up(call, call.input(kWordTable), read_ids(call, kIds, shape), shape);
    add_in_place(sum,
                 look_up(call, call.input(kPositionTable), read_positions(call, shape), shape));
    if (call.has(kSegments) && call.has(kSegmentTable))
      add_in_place(
          sum, look_up(call, call.input(kSegmentTable), read_ids(call, kSegments, shape), shape));
    layer_normalize({.centered = true, .epsilon = epsilon}, sum, call.input(kScale),
                    &call.input(kBias), call);
    count_mask(call, shape);
    call.set_output(2, sum);
  };
}

}  // namespace

std::span<const OpSpec> embed_layer_normalization_ops() {
  static const std::vector<OpSpec> kOps =
      halves_as_float({{"com.microsoft",
                        "EmbedLayerNormalization",
                        {{Provider::kReference, bind_embed}},
                        {.inputs = {Role::kPlain, Role::kPlain, Role::kWeight, Role::kWeight,
                                    Role::kWeight, Role::kPlain},
                         .weight_axis = [](const Node&) { return 1; }}}});
  return kOps;
}

}  // namespace qtool
