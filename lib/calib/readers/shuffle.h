#pragma once

#include <cstdint>
#include <vector>

namespace qtool {

/// The numbers below `count` in an order that the seed alone decides, on every platform: the
/// shuffle of Fisher and Yates (Knuth, "The Art of Computer Programming", 3.4.2, algorithm P) from
/// the last place to the second one, where place i takes that of std::mt19937_64's next number mod
/// i + 1.
std::vector<int64_t> shuffled(int64_t count, uint64_t seed);

}  // namespace qtool
