#include "passes/fused.h"

#include <algorithm>
#include <array>

namespace qtool {

bool become_fused(Node& node) {
  constexpr auto kOps = std::to_array<std::string_view>({"Conv", "Gemm", "MatMul"});
  if (node.domain == kInternalDomain) return node.op_type.starts_with("Fused");
  if (!node.domain.empty() || std::find(kOps.begin(), kOps.end(), node.op_type) == kOps.end())
    return false;
  node.domain = kInternalDomain;
  node.op_type = "Fused" + node.op_type;
  return true;
}

}  // namespace qtool
