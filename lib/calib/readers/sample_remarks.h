#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace qtool {

/// Below so many samples ranges are told to be unreliable.
inline constexpr int64_t kFewSamples = 16;

/// What to tell about ranges that were measured on so many samples; empty if they are enough.
std::string few_samples_remark(int64_t samples);

/// What to tell about samples that were left out: how many of `all`, and of the first three what is
/// wrong; empty if there are none.
std::string skipped_remark(const std::vector<std::string>& skipped, int64_t all);

}  // namespace qtool
