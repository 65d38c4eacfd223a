#include "onnx_io/contrib_schemas.h"

namespace qtool {

std::span<const ContribRule> contrib_fused() { return {}; }

}  // namespace qtool
