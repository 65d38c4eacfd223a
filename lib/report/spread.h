#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace qtool {

/// Numbers in few words: "0.0123", "0.001 to 0.02 (16 channels)", "0 (16 channels)".
template <class T>
std::string spread(const std::vector<T>& values, std::string_view unit) {
  if (values.empty()) return "";
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (values.size() == 1) return fmt::format("{:.6g}", double(values[0]));
  const std::string count = fmt::format(" ({} {})", values.size(), unit);
  if (*low == *high) return fmt::format("{:.6g}", double(*low)) + count;
  return fmt::format("{:.6g} to {:.6g}", double(*low), double(*high)) + count;
}

}  // namespace qtool
