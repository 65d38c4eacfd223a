#pragma once

#include <cstdint>

namespace qtool {

/// Quantized activations: u8 or, if `is_signed`, s8 values.
struct ByteInput {
  const void* data = nullptr;
  bool is_signed = false;
  int32_t zero_point = 0;
};

}  // namespace qtool
