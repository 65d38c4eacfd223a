#pragma once

#include <algorithm>
#include <cstdint>

namespace qtool {

/// One element of `bits` bits per byte, in its low bits, from elements packed as in ONNX: the first
/// in the low bits of a byte. `bits` is 2, 4 or 8.
inline void unpack(int bits, const uint8_t* packed, int64_t count, uint8_t* elements) {
  const int per_byte = 8 / bits;
  const int mask = (1 << bits) - 1;
  for (int64_t i = 0; i < count; ++i)
    elements[i] = static_cast<uint8_t>(packed[i / per_byte] >> (i % per_byte * bits) & mask);
}

/// The inverse; upper bits of the elements are dropped, bits behind the last element are 0.
inline void pack(int bits, const uint8_t* elements, int64_t count, uint8_t* packed) {
  const int per_byte = 8 / bits;
  const int mask = (1 << bits) - 1;
  std::fill_n(packed, (count + per_byte - 1) / per_byte, uint8_t{0});
  for (int64_t i = 0; i < count; ++i)
    packed[i / per_byte] =
        static_cast<uint8_t>(packed[i / per_byte] | (elements[i] & mask) << (i % per_byte * bits));
}

}  // namespace qtool
