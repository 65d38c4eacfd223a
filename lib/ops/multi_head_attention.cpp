#include "ops/fused_attention_inputs.h"
#include "ops/half_as_float.h"
#include "ops/in_place.h"
#include "ops/registry.h"
#include "ops/slices.h"
#include "ops/types.h"

// com.microsoft's MultiHeadAttention.
namespace qtool {
namespace {

// Its inputs, in their order.
enum Input : std::size_t {
  kQuery,
  kKey,
  kValue,
  kBias,
  kMask,
  kAttentionBias,
  kPastKey,
  kPastValue,
  kPastLength
};

struct MultiHeadNode {
  int64_t heads;
  bool causal;
  float filter;
  float scale;
};

// Part `index` of `count` that are packed together: x [batch, length, heads, count, size].
Tensor unpack(KernelCall& call, const MultiHeadNode& node, const Tensor& x, int64_t index,
              int64_t count) {
  if (x.rank() != 5 || x.dim(2) != node.heads || x.dim(3) != count)
    fail("packed input {} must be [batch, length, {}, {}, size]", to_string(x.shape()), node.heads,
         count);
  const int64_t size = x.dim(4);
  const int64_t token = node.heads * count * size;
  return take_heads(call, x, {x.dim(0), node.heads, x.dim(1), size},
                    {x.dim(1) * token, count * size, token, 1}, index * size);
}

// An input [batch, length, columns], or one that has its heads apart already.
Tensor by_heads(KernelCall& call, const MultiHeadNode& node, std::size_t index) {
  const Tensor& x = call.input(index);
  return x.rank() == 4 ? x : split_heads(call, x, node.heads);
}

// Queries, keys and values, each [batch, heads, length, size].
std::vector<Tensor> read_parts(KernelCall& call, const MultiHeadNode& node) {
  const Tensor& query = call.input(kQuery);
  if (!call.has(kKey))
    return {unpack(call, node, query, 0, 3), unpack(call, node, query, 1, 3),
            unpack(call, node, query, 2, 3)};
  const Tensor q = split_heads(call, query, node.heads);
  if (call.input(kKey).rank() == 5)
    return {q, unpack(call, node, call.input(kKey), 0, 2),
            unpack(call, node, call.input(kKey), 1, 2)};
  return {q, by_heads(call, node, kKey), by_heads(call, node, kValue)};
}

// Adds the bias, which has an entry for each column of queries, keys and values.
void add_bias(KernelCall& call, std::vector<Tensor>& parts) {
  const Tensor& bias = call.input(kBias);
  std::vector<int64_t> columns;
  for (const Tensor& part : parts) columns.push_back(part.dim(1) * part.dim(3));
  if (bias.rank() != 1) fail("bias {} must have rank 1", to_string(bias.shape()));
  require_parts(columns, bias.dim(0));
  int64_t start = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Tensor own = part_of(call, bias, 0, start, columns[i]);
    parts[i] = parts[i].clone();
    add_in_place(parts[i], own.reshaped({parts[i].dim(1), 1, parts[i].dim(3)}));
    start += columns[i];
  }
}

void run_multi_head(const MultiHeadNode& node, const BatchMatMul& matmul, KernelCall& call) {
  if (call.has(kPastLength)) fail("a shared buffer of past and present is not supported");
  if (call.has(kPastKey) != call.has(kPastValue)) fail("past_key and past_value go together");
  std::vector<Tensor> parts = read_parts(call, node);
  if (call.has(kBias)) add_bias(call, parts);
  Attention a = {.q = parts[0], .k = parts[1], .v = parts[2]};
  int64_t past = 0;
  if (call.has(kPastKey)) {
    a.k = append(call, call.input(kPastKey), a.k);
    a.v = append(call, call.input(kPastValue), a.v);
    past = call.input(kPastKey).dim(2);
  }
  const ScoresShape scores = {a.q.dim(0), a.q.dim(2), a.k.dim(2)};
  a.scale = scale_of(node.scale, a.q.dim(3));
  if (node.causal) a.ranges = causal_ranges(scores, past);
  if (call.has(kMask))
    a.bias = bias_of_key_mask(call, call.input(kMask), scores, a.q.dtype(), node.filter);
  if (call.has(kAttentionBias)) a.bias = sum_of_biases(call, a.bias, call.input(kAttentionBias));
  call.set_output(0, merge_heads(call, attend(a, matmul, call)));
  call.set_output(1, a.k);
  call.set_output(2, a.v);
}

Kernel make_kernel(const BindContext& context, BatchMatMul matmul) {
  const MultiHeadNode node = {
      read_heads(context), context.attribute<int64_t>("unidirectional", 0) != 0,
      context.attribute("mask_filter_value", -10000.0F), context.attribute("scale", 0.0F)};
  return
      [node, matmul = std::move(matmul)](KernelCall& call) { run_multi_head(node, matmul, call); };
}

Kernel bind_reference(const BindContext& context) {
  return make_kernel(context, reference_matmul());
}

Kernel bind_onednn(const BindContext& context) {
  if (context.dtype(kQuery) != DType::kFloat32) return {};
  return make_kernel(context, onednn_matmul());
}

}  // namespace

std::span<const OpSpec> multi_head_attention_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float(
      {{"com.microsoft",
        "MultiHeadAttention",
        {{Provider::kOneDnn, bind_onednn}, {Provider::kReference, bind_reference}}}});
  return kOps;
}

}  // namespace qtool
