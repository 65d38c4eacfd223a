#pragma once

#include "ops/fused_attention_inputs.h"

namespace qtool {

/// The attributes of com.microsoft's Attention and QAttention.
struct FusedAttention {
  int64_t heads;
  std::vector<int64_t> hidden_sizes;  // of queries, keys and values; empty: a third each
  bool causal;
  float filter;
  float scale;
};

/// Throws Error for attributes that are not supported.
FusedAttention read_fused_attention(const BindContext& context);

/// What may stand beside the input; null: left out.
struct FusedAttentionInputs {
  const Tensor *mask, *past, *attention_bias;
};

/// Attention among queries, keys and values that stand side by side in a product [batch, length,
/// columns]. Sets outputs 0 and, if asked for, 1: all keys and values.
void attend_to_product(const FusedAttention& node, const Tensor& product,
                       const FusedAttentionInputs& inputs, const BatchMatMul& matmul,
                       KernelCall& call);

}  // namespace qtool
