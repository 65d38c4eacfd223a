#include "ops/registry.h"

namespace qtool {

std::span<const OpSpec> pool_ops() { return {}; }

}  // namespace qtool
