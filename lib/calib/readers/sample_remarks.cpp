#include "calib/readers/sample_remarks.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace qtool {

std::string few_samples_remark(int64_t samples) {
  if (samples >= kFewSamples) return "";
  return fmt::format(
      "only {} sample{}: ranges hold what the samples show, and larger values of later inputs are "
      "cut off; {} or more that differ as the inputs do are advised, 100 or more are better",
      samples, samples == 1 ? "" : "s", kFewSamples);
}

std::string skipped_remark(const std::vector<std::string>& skipped, int64_t all) {
  if (skipped.empty()) return "";
  constexpr std::size_t kShown = 3;
  const auto end = skipped.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, skipped.size()));
  return fmt::format("skipped {} of {} samples: {}{}", skipped.size(), all,
                     fmt::join(skipped.begin(), end, "; "), skipped.size() > kShown ? "; ..." : "");
}

}  // namespace qtool
