#pragma once

#include <limits>

namespace qtool {

/// Limits that a fused activation sets to a result: none by default; Relu is [0, inf].
struct ClipRange {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
  bool active() const { return *this != ClipRange{}; }
  bool operator==(const ClipRange&) const = default;
};

}  // namespace qtool
