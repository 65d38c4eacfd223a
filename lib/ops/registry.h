#pragma once

#include <span>

#include "ops/op.h"

namespace qtool {

/// The families, each a literal array in its own file. Registered in registry.cpp.
std::span<const OpSpec> elementwise_ops();
std::span<const OpSpec> activation_ops();
std::span<const OpSpec> binary_ops();
std::span<const OpSpec> pow_ops();
std::span<const OpSpec> variadic_ops();
std::span<const OpSpec> compare_ops();
std::span<const OpSpec> logic_ops();
std::span<const OpSpec> where_ops();
std::span<const OpSpec> cast_ops();
std::span<const OpSpec> control_flow_ops();
std::span<const OpSpec> conv_ops();
std::span<const OpSpec> matmul_ops();
std::span<const OpSpec> pool_ops();
std::span<const OpSpec> recurrent_ops();
std::span<const OpSpec> reduce_ops();
std::span<const OpSpec> softmax_ops();
std::span<const OpSpec> cumulative_ops();
std::span<const OpSpec> ranking_ops();
std::span<const OpSpec> shape_ops();
std::span<const OpSpec> layout_ops();
std::span<const OpSpec> slice_ops();
std::span<const OpSpec> pad_ops();
std::span<const OpSpec> generate_ops();
std::span<const OpSpec> gather_ops();
std::span<const OpSpec> scatter_ops();
std::span<const OpSpec> unique_ops();
std::span<const OpSpec> sequence_ops();
std::span<const OpSpec> random_ops();
std::span<const OpSpec> scan_ops();
std::span<const OpSpec> string_ops();
std::span<const OpSpec> text_ops();
std::span<const OpSpec> ml_features_ops();
std::span<const OpSpec> ml_labels_ops();
std::span<const OpSpec> ml_linear_ops();
std::span<const OpSpec> ml_trees_ops();
std::span<const OpSpec> resize_ops();
std::span<const OpSpec> attention_ops();
std::span<const OpSpec> rotary_embedding_ops();
std::span<const OpSpec> linear_attention_ops();
std::span<const OpSpec> einsum_ops();
std::span<const OpSpec> det_ops();
std::span<const OpSpec> normalization_ops();
std::span<const OpSpec> batch_normalization_ops();
std::span<const OpSpec> layer_normalization_ops();
std::span<const OpSpec> fused_gelu_ops();
std::span<const OpSpec> fused_activation_ops();
std::span<const OpSpec> fused_matmul_ops();
std::span<const OpSpec> embed_layer_normalization_ops();
std::span<const OpSpec> fused_attention_ops();
std::span<const OpSpec> multi_head_attention_ops();
std::span<const OpSpec> group_query_attention_ops();
std::span<const OpSpec> quantize_ops();
std::span<const OpSpec> qlinear_conv_ops();
std::span<const OpSpec> qlinear_matmul_ops();
std::span<const OpSpec> qlinear_elementwise_ops();
std::span<const OpSpec> qlinear_pool_ops();
std::span<const OpSpec> causal_conv_ops();
std::span<const OpSpec> col2im_ops();
std::span<const OpSpec> conv_transpose_ops();
std::span<const OpSpec> deform_conv_ops();
std::span<const OpSpec> grid_sample_ops();
std::span<const OpSpec> max_unpool_ops();
std::span<const OpSpec> mel_weight_matrix_ops();
std::span<const OpSpec> non_max_suppression_ops();
std::span<const OpSpec> roi_ops();
std::span<const OpSpec> signal_ops();
std::span<const OpSpec> space_depth_ops();
std::span<const OpSpec> qlinear_float_ops();
std::span<const OpSpec> dynamic_quantize_matmul_ops();
std::span<const OpSpec> dynamic_quantize_lstm_ops();
std::span<const OpSpec> matmul_nbits_ops();
std::span<const OpSpec> gather_block_quantized_ops();
std::span<const OpSpec> qembed_layer_normalization_ops();
std::span<const OpSpec> qattention_ops();

/// All operators.
std::span<const OpSpec> all_ops();

}  // namespace qtool
