#pragma once

#include <span>

#include "ops/op.h"

namespace qtool {

/// The families, each a literal array in its own file. Registered in registry.cpp.
std::span<const OpSpec> elementwise_ops();
std::span<const OpSpec> binary_ops();
std::span<const OpSpec> cast_ops();
std::span<const OpSpec> control_flow_ops();
std::span<const OpSpec> conv_ops();
std::span<const OpSpec> matmul_ops();
std::span<const OpSpec> pool_ops();
std::span<const OpSpec> reduce_ops();
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
std::span<const OpSpec> resize_ops();
std::span<const OpSpec> normalization_ops();
std::span<const OpSpec> quantize_ops();
std::span<const OpSpec> qlinear_conv_ops();
std::span<const OpSpec> qlinear_matmul_ops();
std::span<const OpSpec> qlinear_elementwise_ops();
std::span<const OpSpec> qlinear_pool_ops();

/// All operators.
std::span<const OpSpec> all_ops();

}  // namespace qtool
