#include "kernels/onednn/isa.h"

#include <algorithm>
#include <array>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>

#include "base/error.h"

namespace qtool::onednn {
namespace {

using Isa = dnnl::cpu_isa;

constexpr auto kLimits = std::to_array<std::pair<std::string_view, Isa>>({
    {"none", Isa::sse41},
    {"sse4", Isa::sse41},
    {"avx2", Isa::avx2},
    {"avx512", Isa::avx512_core},
    {"avx512_vnni", Isa::avx512_core_vnni},
});

}  // namespace

bool is_there() { return true; }

bool has_vnni() {
  const Isa isa = dnnl::get_effective_cpu_isa();
  constexpr Isa kWithout[] = {Isa::sse41, Isa::avx, Isa::avx2, Isa::avx512_core};
  return std::find(std::begin(kWithout), std::end(kWithout), isa) == std::end(kWithout);
}

void limit_instruction_sets(std::string_view name) {
  const auto limit = std::find_if(kLimits.begin(), kLimits.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  QTOOL_ASSERT(limit != kLimits.end());
  if (dnnl::set_max_cpu_isa(limit->second) != dnnl::status::success)
    fail("oneDNN cannot be kept below '{}': it was used before, or built without that", name);
}

}  // namespace qtool::onednn
