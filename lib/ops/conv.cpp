#include "ops/registry.h"

namespace qtool {

std::span<const OpSpec> conv_ops() { return {}; }

}  // namespace qtool
