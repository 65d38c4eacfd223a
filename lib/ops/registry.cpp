#include "ops/registry.h"

#include <map>

namespace qtool {
namespace {

using Key = std::pair<std::string_view, std::string_view>;

std::vector<OpSpec> collect() {
  std::vector<OpSpec> ops;
  for (const auto family : {elementwise_ops,
                            activation_ops,
                            binary_ops,
                            pow_ops,
                            variadic_ops,
                            compare_ops,
                            logic_ops,
                            where_ops,
                            cast_ops,
                            control_flow_ops,
                            conv_ops,
                            matmul_ops,
                            pool_ops,
                            recurrent_ops,
                            reduce_ops,
                            softmax_ops,
                            cumulative_ops,
                            ranking_ops,
                            shape_ops,
                            layout_ops,
                            resize_ops,
                            attention_ops,
                            linear_attention_ops,
                            einsum_ops,
                            det_ops,
                            rotary_embedding_ops,
                            normalization_ops,
                            batch_normalization_ops,
                            layer_normalization_ops,
                            fused_gelu_ops,
                            fused_activation_ops,
                            fused_matmul_ops,
                            embed_layer_normalization_ops,
                            fused_attention_ops,
                            multi_head_attention_ops,
                            group_query_attention_ops,
                            quantize_ops,
                            qlinear_conv_ops,
                            qlinear_matmul_ops,
                            qlinear_elementwise_ops,
                            qlinear_pool_ops,
                            causal_conv_ops,
                            col2im_ops,
                            conv_transpose_ops,
                            deform_conv_ops,
                            grid_sample_ops,
                            max_unpool_ops,
                            mel_weight_matrix_ops,
                            non_max_suppression_ops,
                            roi_ops,
                            signal_ops,
                            space_depth_ops,
                            slice_ops,
                            pad_ops,
                            generate_ops,
                            gather_ops,
                            scatter_ops,
                            unique_ops,
                            sequence_ops,
                            scan_ops,
                            string_ops,
                            text_ops,
                            ml_features_ops,
                            ml_labels_ops,
                            ml_linear_ops,
                            ml_trees_ops,
                            random_ops,
                            qlinear_float_ops,
                            dynamic_quantize_matmul_ops,
                            dynamic_quantize_lstm_ops,
                            matmul_nbits_ops,
                            gather_block_quantized_ops,
                            qembed_layer_normalization_ops,
                            qattention_ops})
    for (const OpSpec& spec : family()) ops.push_back(spec);
  return ops;
}

}  // namespace

std::span<const OpSpec> all_ops() {
  static const std::vector<OpSpec> ops = collect();
  return ops;
}

const OpSpec* find_op(std::string_view domain, std::string_view op_type) {
  static const auto index = [] {
    std::map<Key, const OpSpec*> result;
    for (const OpSpec& spec : all_ops()) result.emplace(Key{spec.domain, spec.op_type}, &spec);
    return result;
  }();
  const auto it = index.find({domain == "ai.onnx" ? "" : domain, op_type});
  return it == index.end() ? nullptr : it->second;
}

}  // namespace qtool
