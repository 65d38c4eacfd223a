#include "ops/fused_attention_inputs.h"

#include <cmath>

#include "kernels/reference/binary.h"
#include "kernels/reference/copy.h"
#include "ops/broadcast.h"

namespace qtool {
namespace {

namespace ref = reference;

// Mask [batch, keys] of which the keys [begin[b], end[b]) count.
std::vector<int64_t> mask_of_ranges(const ScoresShape& s, const std::vector<int64_t>& ends) {
  const bool starts = std::ssize(ends) == 2 * s.batch;
  std::vector<int64_t> mask;
  for (int64_t b = 0; b < s.batch; ++b)
    for (int64_t k = 0; k < s.keys; ++k) {
      const int64_t begin = starts ? ends[static_cast<std::size_t>(s.batch + b)] : 0;
      mask.push_back(k >= begin && k < ends[static_cast<std::size_t>(b)] ? 1 : 0);
    }
  return mask;
}

Tensor bias_of(KernelCall& call, const std::vector<int64_t>& mask, const Shape& shape, DType dtype,
               double filter) {
  Tensor bias = call.scratch(dtype, shape);
  with_type(FloatTypes{}, dtype, [&]<class T>(std::type_identity<T>) {
    T* to = bias.mutable_data<T>();
    for (const int64_t value : mask) *to++ = value > 0 ? T(0) : static_cast<T>(filter);
  });
  return bias;
}

}  // namespace

Tensor take_heads(KernelCall& call, const Tensor& x, const Shape& shape, const Shape& strides,
                  int64_t offset) {
  Tensor y = call.scratch(x.dtype(), shape);
  if (y.size() == 0) return y;
  const std::size_t element = element_bytes(x);
  ref::copy(ref::StridedLoop<2>(shape, {ref::row_major_strides(shape), strides}), element,
            y.mutable_raw(),
            static_cast<const std::byte*>(x.raw()) + static_cast<std::size_t>(offset) * element);
  return y;
}

Tensor bias_of_key_mask(KernelCall& call, const Tensor& mask, const ScoresShape& s, DType dtype,
                        double filter) {
  const Shape& shape = mask.shape();
  const std::vector<int64_t> values = to_int64s(mask);
  if (shape == Shape{s.batch} || shape == Shape{2 * s.batch})
    return bias_of(call, mask_of_ranges(s, values), {s.batch, 1, 1, s.keys}, dtype, filter);
  if (shape == Shape{s.batch, s.keys})
    return bias_of(call, values, {s.batch, 1, 1, s.keys}, dtype, filter);
  if (shape == Shape{s.batch, s.queries, s.keys})
    return bias_of(call, values, {s.batch, 1, s.queries, s.keys}, dtype, filter);
  if (shape == Shape{s.batch, 1} || shape == Shape{1, 1}) return {};
  fail("mask {} does not fit {} sequences of {} queries and {} keys", to_string(shape), s.batch,
       s.queries, s.keys);
}

Tensor sum_of_biases(KernelCall& call, const Tensor& a, const Tensor& b) {
  if (!a.defined()) return b;
  if (!b.defined()) return a;
  require_same_type(a, b);
  Tensor y = call.scratch(a.dtype(), broadcast_shape(a.shape(), b.shape()));
  with_type(FloatTypes{}, a.dtype(),
            [&]<class T>(std::type_identity<T>) { apply_binary<T>(ref::Add{}, a, b, y); });
  return y;
}

std::vector<KeyRange> causal_ranges(const ScoresShape& s, int64_t past) {
  std::vector<KeyRange> ranges;
  for (int64_t b = 0; s.keys > 0 && b < s.batch; ++b)
    for (int64_t i = 0; i < s.queries; ++i) ranges.push_back({0, past + i + 1});
  return ranges;
}

double scale_of(float attribute, int64_t size) {
  return attribute != 0 ? attribute : 1 / std::sqrt(static_cast<double>(size));
}

int64_t read_heads(const BindContext& context, std::string_view name) {
  const int64_t heads = context.attribute<int64_t>(name, 0);
  if (heads < 1) fail("attribute '{}' must be positive", name);
  return heads;
}

}  // namespace qtool
