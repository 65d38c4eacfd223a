#pragma once

#include "ops/attention_core.h"

// What com.microsoft's attention operators read.
namespace qtool {

/// The elements of x at offset + Σ index · stride as a tensor [batch, heads, length, size]. They
/// are there.
Tensor take_heads(KernelCall& call, const Tensor& x, const Shape& shape, const Shape& strides,
                  int64_t offset);

/// Sizes of the scores.
struct ScoresShape {
  int64_t batch, queries, keys;
};

/// A mask of integers as a bias of that floating-point type, `filter` where it masks: [batch]
/// numbers of keys that count; [2 · batch] their ends and then their starts; [batch, keys] or
/// [batch, queries, keys], 0 where a key does not count. A mask with one column alone says
/// nothing, and the result is undefined. Throws Error for other shapes.
Tensor bias_of_key_mask(KernelCall& call, const Tensor& mask, const ScoresShape& scores,
                        DType dtype, double filter);

/// a + b, broadcast to each other; either may be undefined.
Tensor sum_of_biases(KernelCall& call, const Tensor& a, const Tensor& b);

/// The keys up to each query's own position, the first query being at `past`.
std::vector<KeyRange> causal_ranges(const ScoresShape& scores, int64_t past);

/// What scores are multiplied by: attribute "scale", or 1 / sqrt(size of a head) where it is 0.
double scale_of(float attribute, int64_t size);

/// The attribute num_heads or another of that name. Throws Error unless it is positive.
int64_t read_heads(const BindContext& context, std::string_view name = "num_heads");

}  // namespace qtool
