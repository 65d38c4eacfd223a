#include "kernels/instruction_sets.h"

#include <hwy/detect_targets.h>
#include <hwy/targets.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "kernels/onednn/isa.h"

namespace qtool {
namespace {

// Highway's targets: the more instructions, the smaller the number.
constexpr auto kLimits = std::to_array<std::pair<std::string_view, int64_t>>({
    {"none", HWY_SCALAR},
    {"sse4", HWY_SSE4},
    {"avx2", HWY_AVX2},
    {"avx512", HWY_AVX3},
    {"avx512_vnni", HWY_AVX3_DL},
});

}  // namespace

void limit_instruction_sets(std::string_view name) {
  const auto limit = std::find_if(kLimits.begin(), kLimits.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  if (limit == kLimits.end())
    fail("there is no instruction set '{}': none, sse4, avx2, avx512 or avx512_vnni", name);
  if (HWY_STATIC_TARGET < limit->second)
    fail("built for {} at least, which cannot be kept below '{}'",
         hwy::TargetName(HWY_STATIC_TARGET), name);
  hwy::DisableTargets(limit->second - 1);
  onednn::limit_instruction_sets(name);
}

}  // namespace qtool
