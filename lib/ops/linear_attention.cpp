#include "kernels/reference/linear_attention.h"

#include <algorithm>
#include <cmath>

#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/types.h"

// ONNX gives LinearAttention a function body, but its inliner cannot make it where an optional input
// is left out before another one.
namespace qtool {
namespace {

namespace ref = reference;

// Inputs of LinearAttention, in their order.
enum Input : std::size_t { kQuery, kKey, kValue, kPastState, kDecay, kRate };

struct LinearAttentionNode {
  int64_t heads, kv_heads;
  float scale;
  bool decays, corrects;  // what the update rule has
};

LinearAttentionNode read_linear_attention(const BindContext& context) {
  const auto rule = context.attribute<std::string>("update_rule", "gated_delta");
  if (rule != "linear" && rule != "gated" && rule != "delta" && rule != "gated_delta")
    fail("update_rule '{}' is not known", rule);
  const LinearAttentionNode node = {
      context.attribute<int64_t>("q_num_heads", 0), context.attribute<int64_t>("kv_num_heads", 0),
      context.attribute("scale", 0.0F), rule.starts_with("gated"), rule.ends_with("delta")};
  if (node.heads < 1 || node.kv_heads < 1 || node.heads % node.kv_heads != 0)
    fail("{} heads of queries cannot share {} heads of keys", node.heads, node.kv_heads);
  for (const auto& [input, wanted] : {std::pair{kDecay, node.decays}, {kRate, node.corrects}})
    if (context.has(input) != wanted)
      fail("input {} is {} by update_rule '{}'", static_cast<int>(input),
           wanted ? "required" : "not admitted", rule);
  return node;
}

// The sizes of a call, whose tensors are [batch, tokens, columns].
struct Sizes {
  int64_t batch, tokens, key, value;
};

// Throws Error unless the input is [batch, tokens, columns] with one of these numbers of columns.
void require_columns(const KernelCall& call, std::size_t index, const Sizes& s,
                     std::initializer_list<int64_t> columns) {
  const Tensor& x = call.input(index);
  require_same_type(call.input(kQuery), x);
  for (const int64_t count : columns)
    if (x.shape() == Shape{s.batch, s.tokens, count}) return;
  fail("input {} of shape {} does not fit", index, to_string(x.shape()));
}

Sizes resolve(const LinearAttentionNode& node, const KernelCall& call) {
  const Tensor& query = call.input(kQuery);
  const Tensor& value = call.input(kValue);
  if (query.rank() != 3 || value.rank() != 3 || query.dim(2) % node.heads != 0 ||
      value.dim(2) % node.kv_heads != 0)
    fail("queries {} and values {} cannot be parted into {} and {} heads", to_string(query.shape()),
         to_string(value.shape()), node.heads, node.kv_heads);
  const Sizes s = {query.dim(0), query.dim(1), query.dim(2) / node.heads,
                   value.dim(2) / node.kv_heads};
  require_columns(call, kKey, s, {node.kv_heads * s.key});
  require_columns(call, kValue, s, {node.kv_heads * s.value});
  if (node.decays) require_columns(call, kDecay, s, {node.kv_heads, node.kv_heads * s.key});
  if (node.corrects) require_columns(call, kRate, s, {node.kv_heads, 1});
  return s;
}

// One head of keys: its part of every tensor. `state` [key, value] of the head.
template <class T>
void run_head(const LinearAttentionNode& node, const Sizes& s, int64_t b, int64_t h,
              const KernelCall& call, Tensor& y, double* state) {
  const auto row = [&](std::size_t input) { return call.input(input).dim(2); };
  const auto at = [&](std::size_t input, int64_t column) {
    return call.input(input).data<T>() + b * s.tokens * row(input) + column;
  };
  const int64_t decays = node.decays ? row(kDecay) / node.kv_heads : 0;
  const bool one_rate = node.corrects && row(kRate) == 1;
  const ref::LinearAttentionHead<T> head = {
      .tokens = s.tokens,
      .key_size = s.key,
      .value_size = s.value,
      .key = at(kKey, h * s.key),
      .value = at(kValue, h * s.value),
      .decay = node.decays ? at(kDecay, h * decays) : nullptr,
      .rate = node.corrects ? at(kRate, one_rate ? 0 : h) : nullptr,
      .key_step = row(kKey),
      .value_step = row(kValue),
      .decay_step = node.decays ? row(kDecay) : 0,
      .rate_step = node.corrects ? row(kRate) : 0,
      .decay_size = decays};
  const int64_t shared = node.heads / node.kv_heads;
  std::vector<ref::LinearAttentionQueries<T>> queries;
  for (int64_t q = h * shared; q < (h + 1) * shared; ++q)
    queries.push_back({at(kQuery, q * s.key),
                       y.mutable_data<T>() + b * s.tokens * y.dim(2) + q * s.value, row(kQuery),
                       y.dim(2)});
  const double scale = node.scale != 0 ? node.scale : 1 / std::sqrt(static_cast<double>(s.key));
  ref::linear_attention(head, scale, queries.data(), shared, state);
}

Kernel bind_linear_attention(const BindContext& context) {
  return [node = read_linear_attention(context)](KernelCall& call) {
    const Sizes s = resolve(node, call);
    const Tensor& query = call.input(kQuery);
    const Shape state_shape = {s.batch, node.kv_heads, s.key, s.value};
    const Tensor* past = call.has(kPastState) ? &call.input(kPastState) : nullptr;
    if (past != nullptr) {
      require_same_type(query, *past);
      if (past->shape() != state_shape)
        fail("past_state {} must be {}", to_string(past->shape()), to_string(state_shape));
    }
    Tensor& y = call.output(0, query.dtype(), {s.batch, s.tokens, node.heads * s.value});
    Tensor& present = call.output(1, query.dtype(), state_shape);
    if (y.size() == 0 && present.size() == 0) return;
    const int64_t head_size = s.key * s.value;
    std::vector<double> state(static_cast<std::size_t>(head_size));
    with_type(FloatTypes{}, query.dtype(), [&]<class T>(std::type_identity<T>) {
      T* to = present.mutable_data<T>();
      for (int64_t i = 0; i < s.batch * node.kv_heads; ++i, to += head_size) {
        if (past != nullptr)
          std::copy_n(past->data<T>() + i * head_size, head_size, state.begin());
        else
          std::fill(state.begin(), state.end(), 0.0);
        run_head<T>(node, s, i / node.kv_heads, i % node.kv_heads, call, y, state.data());
        std::transform(state.begin(), state.end(), to,
                       [](double value) { return static_cast<T>(value); });
      }
    });
  };
}

}  // namespace

std::span<const OpSpec> linear_attention_ops() {
  static const std::vector<OpSpec> kOps =
      halves_as_float({reference_op("LinearAttention", bind_linear_attention)});
  return kOps;
}

}  // namespace qtool
