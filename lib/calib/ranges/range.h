#pragma once

#include <map>
#include <string>
#include <vector>

namespace qtool {

/// Real numbers that a value is taken to lie in.
struct Range {
  float min = 0;
  float max = 0;
  bool operator==(const Range&) const = default;
};

/// Ranges of a model's values by name, of the whole value and for some of each channel, and for some
/// the mean of each channel.
struct Ranges {
  std::map<std::string, Range> values;
  std::map<std::string, std::vector<Range>> channels;
  std::map<std::string, std::vector<float>> means;
  /// How ranges were chosen, for people, "entropy"; not of those that are what was seen.
  std::map<std::string, std::string> methods = {};
};

}  // namespace qtool
