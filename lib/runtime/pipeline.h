#pragma once

#include <span>

#include "passes/pass.h"

namespace qtool {

/// The passes that lower a model for running, in order.
std::span<const Pass> runtime_pipeline();

}  // namespace qtool
