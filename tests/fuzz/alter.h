#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace qtool {

using Random = std::mt19937_64;

/// From 0 to count - 1.
int below(int count, Random& random);

template <class T>
const T& one_of(const std::vector<T>& choices, Random& random) {
  return choices[random() % choices.size()];
}

/// Another number: extreme, near the old one, small, or one bit apart.
int64_t altered(int64_t old, Random& random);
double altered(double old, Random& random);
/// Text that libFuzzer changed, by at most 16 bytes more.
std::string altered(std::string text, Random& random);

}  // namespace qtool
