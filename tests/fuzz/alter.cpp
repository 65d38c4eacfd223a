#include "fuzz/alter.h"

#include <cmath>
#include <limits>

namespace qtool {

int below(int count, Random& random) {
  return static_cast<int>(random() % static_cast<unsigned>(count));
}

int64_t altered(int64_t old, Random& random) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  static const std::vector<int64_t> kOdd = {kMin,
                                            kMax,
                                            int64_t{1} << 62,
                                            int64_t{1} << 32,
                                            int64_t{1} << 31,
                                            -(int64_t{1} << 31),
                                            1000,
                                            127,
                                            -1000,
                                            -2,
                                            -1,
                                            255};
  const auto bits = static_cast<uint64_t>(old);
  switch (below(4, random)) {
    case 0:
      return one_of(kOdd, random);
    case 1:
      return static_cast<int64_t>(bits + random() % 5 - 2);
    case 2:
      return static_cast<int64_t>(bits ^ (uint64_t{1} << (random() % 64)));
    default:
      return below(32, random);
  }
}

double altered(double old, Random& random) {
  static const std::vector<double> kOdd = {NAN,   INFINITY, -INFINITY, 0.0,   -0.0, 1.0,
                                           1e-40, 3.4e38,   -3.4e38,   1e300, -1.0, 0.5};
  return random() % 2 == 0 ? one_of(kOdd, random) : -2 * old;
}

std::string altered(std::string text, Random& random) {
  const std::size_t size = text.size();
  text.resize(size + 1 + random() % 16);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()), size, text.size()));
  return text;
}

}  // namespace qtool
