#pragma once

#include <vector>

#include "ops/batch_matmul.h"
#include "ops/op.h"

namespace qtool {

/// Keys [begin, end) that a query may look at.
struct KeyRange {
  int64_t begin;
  int64_t end;
};

/// Which of the intermediate results an operator gives as an output, as ONNX counts them.
enum class ScoresStage : uint8_t { kProduct, kCapped, kMasked, kSoftmax, kNone };

/// softmax(cap(scale · q · k') + bias) · v. A query that may look at no key gets zeros.
struct Attention {
  Tensor q;  // [batch, heads, queries, size]
  Tensor k;  // [batch, kv_heads, keys, size]; each serves heads / kv_heads neighbouring heads of q
  Tensor v;  // [batch, kv_heads, keys, value size]
  double scale = 1;
  double softcap = 0;            // cap(x) = softcap · tanh(x / softcap); 0: none
  Tensor bias = {};              // broadcastable to [batch, heads, queries, keys]; may be undefined
  std::vector<KeyRange> ranges;  // of each query [batch, queries]; empty: all keys
  std::vector<double> sinks;     // of each head, see softmax_scores; empty: none
  ScoresStage stage = ScoresStage::kNone;
  std::size_t stage_output = 0;  // where it goes
};

/// Computes it: y [batch, heads, queries, value size]. Throws Error if the tensors do not fit
/// together.
Tensor attend(const Attention& attention, const BatchMatMul& matmul, KernelCall& call);

/// x [batch, length, heads · size] as [batch, heads, length, size], and back. Throws Error unless
/// the last axis can be parted into `heads`.
Tensor split_heads(KernelCall& call, const Tensor& x, int64_t heads);
Tensor merge_heads(KernelCall& call, const Tensor& x);

/// `x` behind `past` along the third of four axes. Throws Error if they do not fit.
Tensor append(KernelCall& call, const Tensor& past, const Tensor& x);

/// A mask of bool as a bias of that floating-point type: 0 where it is true, else `masked`.
Tensor bias_of_mask(KernelCall& call, const Tensor& mask, DType dtype, double masked);

}  // namespace qtool
