#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "quant/options.h"

namespace qtool {

/// What an overrides file asks for, in the order of the file: later rules win.
struct Overrides {
  std::vector<NodeRule> rules;
  std::vector<TensorRule> tensor_rules;
};

/// Reads overrides from YAML, of which JSON is a part:
///
///   nodes:
///     "op:Conv": {mode: static, weight_type: s4, block: 32, symmetric: true, per_channel: false,
///                 reduce_range: true, method: mse}
///   tensors:
///     "logits": {type: u16, symmetric: true, range: [-1, 1]}
///     "mask*": {scale: 0.02, zero_point: 128}
///     "head/*": {method: percentile, percentile: 99.9}
///
/// Each key is a pattern of NodeRule::nodes or TensorRule::values. `file` is for messages and the
/// rules' origin: "overrides.yaml, line 3".
/// Throws Error with file and line: what is no YAML, unknown keys (with the nearest known one) and
/// names, a key twice, values out of range, a rule that says nothing or contradicts itself.
Overrides parse_overrides(std::string_view text, const std::string& file);
/// The same from a file.
Overrides read_overrides(const std::filesystem::path& path);

}  // namespace qtool
