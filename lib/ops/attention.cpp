#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/reference/copy.h"
#include "ops/attention_core.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/types.h"

namespace qtool {
namespace {

// ONNX's Attention. `softmax_precision` asks for at least that precision: here it is that of the
// inputs, or float32 for narrower ones, and sums are taken in double.
struct AttentionNode {
  bool causal;
  int64_t q_heads, kv_heads;  // of inputs that are not parted into heads
  std::optional<float> scale;
  float softcap;
  int64_t left, right;  // keys around a query's own position that it may look at; -1: all
  ScoresStage stage;
};

constexpr double kMasked = -std::numeric_limits<double>::infinity();

AttentionNode read_attention(const BindContext& context) {
  const auto integer = [&](const char* name, int64_t fallback) {
    return context.attribute<int64_t>(name, fallback);
  };
  const int64_t mode = integer("qk_matmul_output_mode", 0);
  if (mode < 0 || mode > 3) fail("attribute 'qk_matmul_output_mode' is {}, expected 0 to 3", mode);
  const float* scale = find_attribute<float>(context.node, "scale");
  AttentionNode node = {integer("is_causal", 0) != 0,
                        integer("q_num_heads", 0),
                        integer("kv_num_heads", 0),
                        scale == nullptr ? std::nullopt : std::optional(*scale),
                        context.attribute("softcap", 0.0F),
                        integer("left_window_size", -1),
                        integer("right_window_size", -1),
                        context.node.outputs.size() > 3 ? ScoresStage(mode) : ScoresStage::kNone};
  if (node.left < -1 || node.right < -1) fail("a window size is less than -1");
  if (!(node.softcap >= 0)) fail("attribute 'softcap' is {}, expected 0 or more", node.softcap);
  return node;
}

// A mask as a bias with a column for each of `keys`: those that it lacks are masked.
Tensor read_mask(KernelCall& call, const Tensor& mask, DType dtype, int64_t keys) {
  Tensor bias = mask.dtype() == DType::kBool ? bias_of_mask(call, mask, dtype, kMasked) : mask;
  if (bias.rank() == 0 || bias.shape().back() >= keys) return bias;
  Shape shape = bias.shape();
  const int64_t given = shape.back();
  shape.back() = keys;
  Tensor padded = call.scratch(bias.dtype(), shape);
  with_type(FloatTypes{}, bias.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* from = bias.data<T>();
    T* to = padded.mutable_data<T>();
    for (int64_t i = 0; i < padded.size(); ++i)
      to[i] = i % keys < given ? *from++ : static_cast<T>(kMasked);
  });
  return padded;
}

// The numbers of keys that are no padding, one a sequence; none if the node does not say.
std::vector<int64_t> read_lengths(const KernelCall& call, int64_t batch) {
  if (!call.has(6)) return {};
  const Tensor& lengths = call.input(6);
  if (lengths.shape() != Shape{batch})
    fail("nonpad_kv_seqlen {} must be [{}]", to_string(lengths.shape()), batch);
  if (call.has(4)) fail("nonpad_kv_seqlen is given together with past_key");
  return to_int64s(lengths);
}

// Keys that each query [batch, queries] may look at. `past`: keys before the first query.
std::vector<KeyRange> key_ranges(const AttentionNode& node, const std::vector<int64_t>& lengths,
                                 int64_t past, const Shape& q, int64_t keys) {
  if (lengths.empty() && !node.causal && node.left < 0 && node.right < 0) return {};
  if (element_count({q[0], q[1], q[2], keys}) == 0) return {};
  std::vector<KeyRange> ranges;
  for (int64_t b = 0; b < q[0]; ++b) {
    const int64_t length =
        lengths.empty() ? keys : std::clamp<int64_t>(lengths[static_cast<std::size_t>(b)], 0, keys);
    const int64_t offset = lengths.empty() ? past : length - q[2];
    for (int64_t i = offset; i < offset + q[2]; ++i) {
      KeyRange range = {0, length};
      if (node.causal) range.end = std::min(range.end, i + 1);
      if (node.right >= 0) range.end = std::min(range.end, i + std::min(node.right, keys - i) + 1);
      if (node.left >= 0) range.begin = i - std::min(node.left, i + q[2] + keys);
      ranges.push_back(range);
    }
  }
  return ranges;
}

// Input `index` by heads.
Tensor by_heads(KernelCall& call, std::size_t index, int64_t heads) {
  const Tensor& x = call.input(index);
  if (x.rank() == 4) return x;
  if (heads < 1) fail("inputs of rank 3 need attributes 'q_num_heads' and 'kv_num_heads'");
  return split_heads(call, x, heads);
}

void run_attention(const AttentionNode& node, const BatchMatMul& matmul, KernelCall& call) {
  const std::size_t rank = call.input(0).rank();
  if (rank < 3 || rank > 4 || call.input(1).rank() != rank || call.input(2).rank() != rank)
    fail("Q, K and V must all have rank 3 or all rank 4");
  if (call.has(4) != call.has(5)) fail("past_key and past_value go together");
  Attention attention = {.q = by_heads(call, 0, node.q_heads),
                         .k = by_heads(call, 1, node.kv_heads),
                         .v = by_heads(call, 2, node.kv_heads)};
  const int64_t past = call.has(4) && call.input(4).rank() == 4 ? call.input(4).dim(2) : 0;
  if (call.has(4)) {
    attention.k = append(call, call.input(4), attention.k);
    attention.v = append(call, call.input(5), attention.v);
  }
  const Shape& q = attention.q.shape();
  const int64_t keys = attention.k.dim(2);
  attention.scale = node.scale ? *node.scale : 1 / std::sqrt(static_cast<double>(q[3]));
  attention.softcap = node.softcap;
  if (call.has(3)) attention.bias = read_mask(call, call.input(3), attention.q.dtype(), keys);
  attention.ranges = key_ranges(node, read_lengths(call, q[0]), past, q, keys);
  attention.stage = node.stage;
  attention.stage_output = 3;
  const Tensor y = attend(attention, matmul, call);
  call.set_output(0, rank == 4 ? y : merge_heads(call, y));
  call.set_output(1, attention.k);
  call.set_output(2, attention.v);
}

Kernel bind_reference(const BindContext& context) {
  return [node = read_attention(context), matmul = reference_matmul()](KernelCall& call) {
    run_attention(node, matmul, call);
  };
}

Kernel bind_onednn(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32) return {};
  return [node = read_attention(context), matmul = onednn_matmul()](KernelCall& call) {
    run_attention(node, matmul, call);
  };
}

}  // namespace

std::span<const OpSpec> attention_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float(
      {{"",
        "Attention",
        {{Provider::kOneDnn, bind_onednn}, {Provider::kReference, bind_reference}},
        {.inputs = {Role::kActivation, Role::kActivation, Role::kActivation, Role::kPlain}}}});
  return kOps;
}

}  // namespace qtool
