#pragma once

#include <cstdint>
#include <vector>

namespace qtool {

/// The "perm" of a Transpose from [N, C, spatial...] to [N, spatial..., C], and back.
std::vector<int64_t> perm_to_channels_last(std::size_t rank);
std::vector<int64_t> perm_to_channels_first(std::size_t rank);

}  // namespace qtool
