#include "ops/attention_core.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "kernels/reference/attention.h"
#include "kernels/reference/copy.h"
#include "ops/shapes.h"
#include "ops/slices.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

void check(const Attention& a) {
  for (const Tensor* tensor : {&a.q, &a.k, &a.v}) {
    require_same_type(a.q, *tensor);
    if (tensor->rank() != 4) fail("queries, keys and values must have rank 4");
  }
  if (a.bias.defined()) require_same_type(a.q, a.bias);
  const Shape& q = a.q.shape();
  const Shape& k = a.k.shape();
  const Shape& v = a.v.shape();
  if (k[0] != q[0] || v[0] != q[0] || k[1] != v[1] || k[2] != v[2] || k[3] != q[3])
    fail("queries {}, keys {} and values {} do not fit", to_string(q), to_string(k), to_string(v));
  if (k[1] == 0 ? q[1] != 0 : q[1] % k[1] != 0)
    fail("{} heads of queries cannot share {} heads of keys", q[1], k[1]);
}

Tensor scaled(KernelCall& call, const Tensor& x, double scale) {
  Tensor y = call.scratch(x.dtype(), x.shape());
  with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
    std::transform(x.data<T>(), x.data<T>() + x.size(), y.mutable_data<T>(),
                   [scale](T value) { return static_cast<T>(value * scale); });
  });
  return y;
}

void keep(const Attention& a, ScoresStage stage, const Tensor& scores, KernelCall& call) {
  if (a.stage != stage || stage == ScoresStage::kNone) return;
  Tensor& output = call.output(a.stage_output, scores.dtype(), scores.shape());
  std::memcpy(output.mutable_raw(), scores.raw(), scores.bytes());
}

// Calls row(offset of the bias, index of the query's range, head) for each row of the scores.
template <class F>
void each_query(const Attention& a, const Shape& scores, F row) {
  Shape strides(4, 0);
  if (a.bias.defined()) {
    if (a.bias.rank() > 4 || broadcast_shape(scores, a.bias.shape()) != scores)
      fail("mask {} cannot be broadcast to {}", to_string(a.bias.shape()), to_string(scores));
    strides = ref::broadcast_strides(a.bias.shape(), scores);
  }
  for (int64_t b = 0; b < scores[0]; ++b)
    for (int64_t h = 0; h < scores[1]; ++h)
      for (int64_t q = 0; q < scores[2]; ++q)
        row(b * strides[0] + h * strides[1] + q * strides[2], b * scores[2] + q, h);
}

// A bias with as many columns as there are keys, so that its rows can be added as they are.
Tensor with_all_columns(KernelCall& call, const Tensor& bias, int64_t keys) {
  if (!bias.defined() || (bias.rank() > 0 && bias.shape().back() == keys)) return bias;
  const Shape from = bias.rank() == 0 ? Shape{1} : bias.shape();
  if (from.back() != 1) return bias;  // does not fit, which each_query finds
  Shape shape = from;
  shape.back() = keys;
  Tensor result = call.scratch(bias.dtype(), shape);
  ref::copy(ref::StridedLoop<2>(
                shape, {ref::row_major_strides(shape), ref::broadcast_strides(from, shape)}),
            element_bytes(bias), result.mutable_raw(), bias.raw());
  return result;
}

template <class T>
void mask(const Attention& a, Tensor& scores, std::vector<bool>& empty) {
  const int64_t keys = scores.dim(3);
  T* row = scores.mutable_data<T>();
  const T* const bias = a.bias.defined() ? a.bias.data<T>() : nullptr;
  each_query(a, scores.shape(), [&](int64_t bias_offset, int64_t query, int64_t) {
    const KeyRange range =
        a.ranges.empty() ? KeyRange{0, keys} : a.ranges[static_cast<std::size_t>(query)];
    const int64_t begin = std::clamp<int64_t>(range.begin, 0, keys);
    const int64_t end = std::clamp<int64_t>(range.end, begin, keys);
    empty.push_back(
        !ref::mask_scores(keys, bias == nullptr ? nullptr : bias + bias_offset, begin, end, row));
    row += keys;
  });
}

template <class T>
void softmax(const Attention& a, const std::vector<bool>& empty, Tensor& scores) {
  const int64_t keys = scores.dim(3);
  T* row = scores.mutable_data<T>();
  std::size_t index = 0;
  each_query(a, scores.shape(), [&](int64_t, int64_t, int64_t head) {
    if (empty[index++])
      std::fill_n(row, keys, T(0));
    else
      ref::softmax_scores(keys,
                          a.sinks.empty() ? -std::numeric_limits<double>::infinity()
                                          : a.sinks[static_cast<std::size_t>(head)],
                          row);
    row += keys;
  });
}

// Scores to shares, in place.
template <class T>
void finish_scores(const Attention& a, Tensor& scores, KernelCall& call) {
  if (scores.size() == 0) return keep(a, a.stage, scores, call);
  keep(a, ScoresStage::kProduct, scores, call);
  if (a.softcap != 0)
    ref::soft_cap(static_cast<T>(a.softcap), scores.mutable_data<T>(), scores.size());
  keep(a, ScoresStage::kCapped, scores, call);
  std::vector<bool> empty;
  mask<T>(a, scores, empty);
  keep(a, ScoresStage::kMasked, scores, call);
  softmax<T>(a, empty, scores);
  keep(a, ScoresStage::kSoftmax, scores, call);
}

// Exchanges the two middle ones of four axes.
Tensor exchange_middle(KernelCall& call, const Tensor& x, const Shape& shape) {
  const Shape strides = ref::row_major_strides(shape);
  const Shape result_shape = {shape[0], shape[2], shape[1], shape[3]};
  Tensor y = call.scratch(x.dtype(), result_shape);
  ref::copy(ref::StridedLoop<2>(result_shape, {ref::row_major_strides(result_shape),
                                               {strides[0], strides[2], strides[1], strides[3]}}),
            element_bytes(x), y.mutable_raw(), x.raw());
  return y;
}

}  // namespace

Tensor attend(const Attention& attention, const BatchMatMul& matmul, KernelCall& call) {
  check(attention);
  Attention a = attention;
  const Shape& q = a.q.shape();
  const int64_t kv_heads = a.k.dim(1);
  const int64_t keys = a.k.dim(2);
  const int64_t shared = kv_heads == 0 ? 0 : q[1] / kv_heads;
  a.bias = with_all_columns(call, a.bias, keys);
  // The heads that share keys are one matrix of queries.
  MatMulShape shape = {.a_batch = {q[0], kv_heads},
                       .b_batch = {q[0], kv_heads},
                       .m = shared * q[2],
                       .k = q[3],
                       .n = keys,
                       .transpose_b = true};
  Tensor scores = call.scratch(a.q.dtype(), {q[0], q[1], q[2], keys});
  matmul(shape, scaled(call, a.q, a.scale), a.k, scores);
  with_type(FloatTypes{}, scores.dtype(),
            [&]<class T>(std::type_identity<T>) { finish_scores<T>(a, scores, call); });
  shape.k = keys;
  shape.n = a.v.dim(3);
  shape.transpose_b = false;
  Tensor y = call.scratch(a.q.dtype(), {q[0], q[1], q[2], shape.n});
  matmul(shape, scores, a.v, y);
  return y;
}

Tensor split_heads(KernelCall& call, const Tensor& x, int64_t heads) {
  if (x.rank() != 3) fail("input {} must have rank 3", to_string(x.shape()));
  if (heads < 1 || x.dim(2) % heads != 0)
    fail("{} columns cannot be parted into {} heads", x.dim(2), heads);
  return exchange_middle(call, x, {x.dim(0), x.dim(1), heads, x.dim(2) / heads});
}

Tensor merge_heads(KernelCall& call, const Tensor& x) {
  const Shape& s = x.shape();
  return exchange_middle(call, x, s).reshaped({s[0], s[2], s[1] * s[3]});
}

Tensor append(KernelCall& call, const Tensor& past, const Tensor& x) {
  if (past.rank() != 4)
    fail("past {} does not fit {}", to_string(past.shape()), to_string(x.shape()));
  return concat(call, {past, x}, 2);
}

Tensor bias_of_mask(KernelCall& call, const Tensor& mask, DType dtype, double masked) {
  Tensor bias = call.scratch(dtype, mask.shape());
  with_type(FloatTypes{}, dtype, [&]<class T>(std::type_identity<T>) {
    const bool* allowed = mask.data<bool>();
    T* to = bias.mutable_data<T>();
    for (int64_t i = 0; i < mask.size(); ++i) to[i] = allowed[i] ? T(0) : static_cast<T>(masked);
  });
  return bias;
}

}  // namespace qtool
