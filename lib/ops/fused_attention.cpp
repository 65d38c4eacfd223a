#include "ops/fused_attention.h"

#include "ops/half_as_float.h"
#include "ops/in_place.h"
#include "ops/registry.h"
#include "ops/slices.h"
#include "ops/types.h"

// com.microsoft's Attention: queries, keys and values are one product of the input, then attention.
namespace qtool {
namespace {

// Its inputs, in their order.
enum Input : std::size_t { kX, kWeight, kBias, kMask, kPast, kAttentionBias };

// X · weight + bias, [batch, length, columns].
Tensor project(KernelCall& call, const BatchMatMul& matmul) {
  const Tensor& x = call.input(kX);
  const Tensor& w = call.input(kWeight);
  require_same_type(x, w);
  if (x.rank() != 3 || w.rank() != 2 || w.dim(0) != x.dim(2))
    fail("input {} and weight {} do not fit", to_string(x.shape()), to_string(w.shape()));
  Tensor y = call.scratch(x.dtype(), {x.dim(0), x.dim(1), w.dim(1)});
  matmul({.m = x.dim(0) * x.dim(1), .k = w.dim(0), .n = w.dim(1)}, x, w, y);
  if (call.has(kBias)) add_in_place(y, call.input(kBias));
  return y;
}

// Queries, keys and values out of the product, each [batch, heads, length, size].
std::vector<Tensor> parts_of(KernelCall& call, const FusedAttention& node, const Tensor& product) {
  const int64_t length = product.dim(1);
  const int64_t columns = product.dim(2);
  std::vector<int64_t> sizes = node.hidden_sizes;
  if (sizes.empty()) sizes.assign(3, columns / 3);
  require_parts(sizes, columns);
  std::vector<Tensor> parts;
  int64_t offset = 0;
  for (const int64_t size : sizes) {
    if (size % node.heads != 0) fail("{} columns cannot be parted into {} heads", size, node.heads);
    const int64_t head = size / node.heads;
    parts.push_back(take_heads(call, product, {product.dim(0), node.heads, length, head},
                               {length * columns, head, columns, 1}, offset));
    offset += size;
  }
  return parts;
}

const Tensor* optional_input(const KernelCall& call, std::size_t index) {
  return call.has(index) ? &call.input(index) : nullptr;
}

Kernel make_kernel(const BindContext& context, BatchMatMul projection, BatchMatMul matmul) {
  return [node = read_fused_attention(context), projection = std::move(projection),
          matmul = std::move(matmul)](KernelCall& call) {
    const FusedAttentionInputs inputs = {optional_input(call, kMask), optional_input(call, kPast),
                                         optional_input(call, kAttentionBias)};
    attend_to_product(node, project(call, projection), inputs, matmul, call);
  };
}

Kernel bind_reference(const BindContext& context) {
  return make_kernel(context, reference_matmul(), reference_matmul());
}

Kernel bind_onednn(const BindContext& context) {
  if (context.dtype(kX) != DType::kFloat32) return {};
  return make_kernel(context, onednn_matmul(context.constant(kWeight) != nullptr), onednn_matmul());
}

}  // namespace

FusedAttention read_fused_attention(const BindContext& context) {
  for (const char* name : {"do_rotary", "past_present_share_buffer"})
    if (context.attribute<int64_t>(name, 0) != 0) fail("attribute '{}' is not supported", name);
  FusedAttention node = {
      read_heads(context), context.attribute<std::vector<int64_t>>("qkv_hidden_sizes", {}),
      context.attribute<int64_t>("unidirectional", 0) != 0,
      context.attribute("mask_filter_value", -10000.0F), context.attribute("scale", 0.0F)};
  if (!node.hidden_sizes.empty() && node.hidden_sizes.size() != 3)
    fail("attribute 'qkv_hidden_sizes' must have 3 entries");
  return node;
}

void attend_to_product(const FusedAttention& node, const Tensor& product,
                       const FusedAttentionInputs& inputs, const BatchMatMul& matmul,
                       KernelCall& call) {
  const std::vector<Tensor> parts = parts_of(call, node, product);
  Attention a = {.q = parts[0], .k = parts[1], .v = parts[2]};
  int64_t past = 0;
  if (inputs.past != nullptr) {
    const Tensor& both = *inputs.past;
    if (both.rank() != 5 || both.dim(0) != 2)
      fail("past {} must be [2, batch, heads, length, size]", to_string(both.shape()));
    past = both.dim(3);
    a.k = append(call, slice_at(call, both, 0, 0), a.k);
    a.v = append(call, slice_at(call, both, 0, 1), a.v);
  }
  const ScoresShape scores = {a.q.dim(0), a.q.dim(2), a.k.dim(2)};
  a.scale = scale_of(node.scale, a.q.dim(3));
  if (node.causal) a.ranges = causal_ranges(scores, past);
  if (inputs.mask != nullptr)
    a.bias = bias_of_key_mask(call, *inputs.mask, scores, a.q.dtype(), node.filter);
  if (inputs.attention_bias != nullptr)
    a.bias = sum_of_biases(call, a.bias, *inputs.attention_bias);
  call.set_output(0, merge_heads(call, attend(a, matmul, call)));
  if (call.output_count() > 1) call.set_output(1, stack(call, {a.k, a.v}, 0));
}

std::span<const OpSpec> fused_attention_ops() {
  static const std::vector<OpSpec> kOps =
      halves_as_float({{"com.microsoft",
                        "Attention",
                        {{Provider::kOneDnn, bind_onednn}, {Provider::kReference, bind_reference}},
                        {.inputs = {Role::kActivation, Role::kWeight, Role::kPlain},
                         .weight_axis = [](const Node&) { return 1; }}}});
  return kOps;
}

}  // namespace qtool
