#pragma once

#include "ops/op.h"

// What the operators that run subgraphs have in common.
namespace qtool {

/// The graph attribute of that name. Throws Error if it is missing.
const Graph& body_of(const BindContext& context, std::string_view name);

/// What a body that never ran would have stacked along `axis` of its output: no part of the type
/// that it declares. Throws Error if it declares none.
Tensor empty_stack(const Graph& body, std::size_t output, int64_t axis);

}  // namespace qtool
