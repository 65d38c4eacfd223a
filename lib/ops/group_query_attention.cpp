#include <algorithm>
#include <numeric>

#include "ops/fused_attention_inputs.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/rotary_embedding.h"
#include "ops/types.h"

// com.microsoft's GroupQueryAttention. Each sequence has a past of its own length, which stands at
// the front of the past keys and values; its new keys follow, and zeros up to the end.
namespace qtool {
namespace {

// Its inputs, in their order.
enum Input : std::size_t {
  kQuery,
  kKey,
  kValue,
  kPastKey,
  kPastValue,
  kLastKeys,  // number of keys of each sequence, less 1
  kTotalLength,
  kCosines,
  kSines,
  kPositions,
  kAttentionBias,
  kSinks
};

struct GroupQueryNode {
  int64_t heads, kv_heads;
  float scale, softcap;
  int64_t window;  // keys that a query may look at, its own the last; -1: all
  bool rotary, interleaved, smooth;
};

// What a call brings: queries, new keys and values by heads, and where they belong.
struct GroupQueryCall {
  Tensor q, k, v;
  int64_t total;              // length of the longest sequence
  std::vector<int64_t> past;  // keys of each sequence before these
  std::vector<int64_t> ends;  // keys of each sequence in all; what follows is padding
};

// Queries, keys and values, which may be packed along the columns of the first input.
void take_parts(KernelCall& call, const GroupQueryNode& node, GroupQueryCall& parts) {
  if (call.has(kKey)) {
    parts.q = split_heads(call, call.input(kQuery), node.heads);
    parts.k = split_heads(call, call.input(kKey), node.kv_heads);
    parts.v = split_heads(call, call.input(kValue), node.kv_heads);
    return;
  }
  const Tensor all =
      split_heads(call, call.input(kQuery), node.heads + 2 * node.kv_heads);  // heads in order
  const int64_t length = all.dim(2);
  const int64_t size = all.dim(3);
  const auto part = [&](int64_t first, int64_t count) {
    return take_heads(call, all, {all.dim(0), count, length, size},
                      {all.dim(1) * length * size, length * size, size, 1}, first * length * size);
  };
  parts.q = part(0, node.heads);
  parts.k = part(node.heads, node.kv_heads);
  parts.v = part(node.heads + node.kv_heads, node.kv_heads);
}

void read_parts(KernelCall& call, const GroupQueryNode& node, GroupQueryCall& parts) {
  take_parts(call, node, parts);
  for (const Tensor* tensor : {&parts.k, &parts.v})
    if (tensor->dim(0) != parts.q.dim(0) || tensor->dim(2) != parts.q.dim(2))
      fail("queries {} and new keys or values {} do not fit", to_string(parts.q.shape()),
           to_string(tensor->shape()));
}

// How many keys each sequence has before the new ones. There are none if all of the longest
// sequence is new.
void read_lengths(const KernelCall& call, GroupQueryCall& parts) {
  const std::vector<int64_t> total = to_int64s(call.input(kTotalLength));
  const std::vector<int64_t> last = to_int64s(call.input(kLastKeys));
  const int64_t batch = parts.q.dim(0);
  const int64_t length = parts.q.dim(2);
  if (total.size() != 1 || std::ssize(last) != batch)
    fail("seqlens_k must have {} elements and total_sequence_length one", batch);
  parts.total = total[0];
  for (const int64_t index : last) {
    if (index < 0 || index >= parts.total)
      fail("seqlens_k {} is not between 0 and {}", index, parts.total - 1);
    if (parts.total != length && index + 1 < length)
      fail("{} new keys are more than the {} in all", length, index + 1);
    parts.ends.push_back(index + 1);
    parts.past.push_back(parts.total == length ? 0 : index + 1 - length);
  }
}

// x, rotated by the positions of its tokens.
Tensor rotated(KernelCall& call, const GroupQueryNode& node, const GroupQueryCall& parts,
               const Tensor& x) {
  const int64_t length = x.dim(2);
  std::vector<int64_t> rows;
  if (call.has(kPositions)) {
    rows = to_int64s(call.input(kPositions));
    if (std::ssize(rows) != x.dim(0) * length)
      fail("position_ids must have {} elements", x.dim(0) * length);
  } else {
    for (const int64_t past : parts.past)
      for (int64_t i = 0; i < length; ++i) rows.push_back(past + i);
  }
  Tensor y = call.scratch(x.dtype(), x.shape());
  if (call.input(kCosines).rank() != 2)
    fail("cosines {} must have rank 2", to_string(call.input(kCosines).shape()));
  rotate_heads({x.dim(0), length, x.dim(1), x.dim(3), true}, node.interleaved, rows, x,
               call.input(kCosines), call.input(kSines), y);
  return y;
}

// Past and new keys (or values) [batch, heads, length, size], with room for all of the past given
// and all of the longest sequence.
Tensor present(KernelCall& call, std::size_t past_input, const GroupQueryCall& parts,
               const Tensor& x) {
  Tensor none;
  const Tensor& past = call.has(past_input) ? call.input(past_input) : none;
  if (past.defined()) {
    require_same_type(past, x);
    if (past.rank() != 4 || past.dim(0) != x.dim(0) || past.dim(1) != x.dim(1) ||
        past.dim(3) != x.dim(3))
      fail("past {} does not fit {}", to_string(past.shape()), to_string(x.shape()));
  }
  const int64_t held = past.defined() ? past.dim(2) : 0;
  const Shape shape = {x.dim(0), x.dim(1), std::max(held, parts.total), x.dim(3)};
  Tensor y = call.scratch(x.dtype(), shape);
  const std::size_t row = static_cast<std::size_t>(x.dim(3)) * element_bytes(x);
  auto* to = static_cast<std::byte*>(y.mutable_raw());
  const auto rows_of = [&](const Tensor& from, int64_t block) {
    return static_cast<const std::byte*>(from.raw()) +
           static_cast<std::size_t>(block * from.dim(2)) * row;
  };
  for (int64_t block = 0; block < shape[0] * shape[1]; ++block) {
    const int64_t before = parts.past[static_cast<std::size_t>(block / shape[1])];
    if (before > held) fail("{} past keys are wanted, {} are given", before, held);
    const auto bytes = [&](int64_t rows) { return static_cast<std::size_t>(rows) * row; };
    if (before > 0) to = std::copy_n(rows_of(past, block), bytes(before), to);
    to = std::copy_n(rows_of(x, block), bytes(x.dim(2)), to);
    to = std::fill_n(to, bytes(shape[2] - before - x.dim(2)), std::byte{0});
  }
  return y;
}

std::vector<KeyRange> key_ranges(const GroupQueryNode& node, const GroupQueryCall& parts) {
  std::vector<KeyRange> ranges;
  for (std::size_t b = 0; b < parts.past.size(); ++b)
    for (int64_t i = 0; i < parts.q.dim(2); ++i) {
      const int64_t end = std::min(parts.past[b] + i + 1, parts.ends[b]);
      ranges.push_back({node.window > 0 ? end - node.window : 0, end});
    }
  return ranges;
}

// One more score for each head: 0 if the softmax is smooth, or given by an input.
std::vector<double> read_sinks(const GroupQueryNode& node, const KernelCall& call) {
  if (!call.has(kSinks))
    return std::vector<double>(node.smooth ? static_cast<std::size_t>(node.heads) : 0, 0.0);
  const Tensor& sinks = call.input(kSinks);
  if (sinks.shape() != Shape{node.heads})
    fail("head_sink {} must be [{}]", to_string(sinks.shape()), node.heads);
  std::vector<double> result;
  with_type(FloatTypes{}, sinks.dtype(), [&]<class T>(std::type_identity<T>) {
    result.assign(sinks.data<T>(), sinks.data<T>() + sinks.size());
  });
  return result;
}

void run_group_query(const GroupQueryNode& node, const BatchMatMul& matmul, KernelCall& call) {
  GroupQueryCall parts;
  read_parts(call, node, parts);
  read_lengths(call, parts);
  if (node.rotary) {
    parts.q = rotated(call, node, parts, parts.q);
    parts.k = rotated(call, node, parts, parts.k);
  }
  Attention a = {.q = parts.q,
                 .k = present(call, kPastKey, parts, parts.k),
                 .v = present(call, kPastValue, parts, parts.v),
                 .scale = scale_of(node.scale, parts.q.dim(3)),
                 .softcap = node.softcap,
                 .ranges = key_ranges(node, parts),
                 .sinks = read_sinks(node, call)};
  if (call.has(kAttentionBias)) a.bias = call.input(kAttentionBias);
  call.set_output(0, merge_heads(call, attend(a, matmul, call)));
  call.set_output(1, a.k);
  call.set_output(2, a.v);
}

GroupQueryNode read_node(const BindContext& context) {
  return {read_heads(context),
          read_heads(context, "kv_num_heads"),
          context.attribute("scale", 0.0F),
          context.attribute("softcap", 0.0F),
          context.attribute<int64_t>("local_window_size", -1),
          context.attribute<int64_t>("do_rotary", 0) != 0,
          context.attribute<int64_t>("rotary_interleaved", 0) != 0,
          context.attribute<int64_t>("smooth_softmax", 0) != 0};
}

Kernel bind_reference(const BindContext& context) {
  return [node = read_node(context), matmul = reference_matmul()](KernelCall& call) {
    run_group_query(node, matmul, call);
  };
}

Kernel bind_onednn(const BindContext& context) {
  if (context.dtype(kQuery) != DType::kFloat32) return {};
  return [node = read_node(context), matmul = onednn_matmul()](KernelCall& call) {
    run_group_query(node, matmul, call);
  };
}

}  // namespace

std::span<const OpSpec> group_query_attention_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float(
      {{"com.microsoft",
        "GroupQueryAttention",
        {{Provider::kOneDnn, bind_onednn}, {Provider::kReference, bind_reference}}}});
  return kOps;
}

}  // namespace qtool
