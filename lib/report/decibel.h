#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace qtool {

/// An SQNR for people: "33.8", or "exact" if nothing differs.
inline std::string decibel(double value) {
  return std::isinf(value) && value > 0 ? "exact" : fmt::format("{:.1f}", value);
}

}  // namespace qtool
