#include "calib/ranges/foreign_ranges.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/file.h"
#include "base/nearest.h"
#include "calib/ranges/foreign_formats.h"
#include "calib/ranges/ranges_file.h"
#include "ir/bodies.h"
#include "ops/op.h"
#include "passes/activation.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct JsonFormat {
  bool (*recognise)(const Json& json);
  Ranges (*read)(const Json& json);
};

constexpr std::array<JsonFormat, 3> kJsonFormats = {{
    {is_ranges_json, read_ranges},
    {is_onnxruntime_ranges, read_onnxruntime_ranges},
    {is_aimet_encodings, read_aimet_encodings},
}};

Ranges read_any(std::string_view text, const Graph& graph) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) fail("is empty");
  if (text[start] != '{' && text[start] != '[') return read_ncnn_table(text, graph);
  const Json json = parse_json(text);
  for (const JsonFormat& format : kJsonFormats)
    if (format.recognise(json)) return format.read(json);
  fail(
      "holds no ranges: expected those of qtool, onnxruntime's calibration cache, AIMET's "
      "encodings "
      "or ncnn's table");
}

// Ranges of another model would only be missed one by one.
void require_match(const Ranges& ranges, const Graph& graph) {
  std::vector<std::string> names;
  bool found = false;
  for_each_graph(graph, [&](const Graph& each) {
    for (const ValueId id : each.values()) {
      names.push_back(each.value(id).name);
      found = found || ranges.values.count(names.back()) != 0;
    }
  });
  if (found) return;
  if (ranges.values.empty()) fail("has no range of an activation");
  const std::string& first = ranges.values.begin()->first;
  fail("has ranges for {} values, none of them in the model: '{}'{}", ranges.values.size(), first,
       did_you_mean(first, names));
}

// Where a value lies whatever the samples: what a Clip or Relu leaves, also where nodes only move it.
Range possible_range(const Graph& graph, ValueId value) {
  while (graph.value(value).producer != NodeId::kNone) {
    const Node& node = graph.node(graph.value(value).producer);
    if (const auto clip = clip_range(graph, node)) return {clip->first, clip->second};
    value = shares_params(node) ? input_of(node, 0) : ValueId::kNone;
    if (value == ValueId::kNone) break;
  }
  return {-kInfinity, kInfinity};
}

void cut(Range& range, const Range& possible) {
  range = {std::clamp(range.min, possible.min, possible.max),
           std::clamp(range.max, possible.min, possible.max)};
}

// Tools that know magnitudes only, or symmetric ranges, give a Relu's result a negative half.
void cut_to_possible(Ranges& ranges, const Graph& graph) {
  for_each_graph(graph, [&](const Graph& each) {
    for (const ValueId id : each.values()) {
      const auto it = ranges.values.find(each.value(id).name);
      if (it == ranges.values.end()) continue;
      const Range possible = possible_range(each, id);
      cut(it->second, possible);
      if (const auto channels = ranges.channels.find(it->first); channels != ranges.channels.end())
        for (Range& channel : channels->second) cut(channel, possible);
    }
  });
}

}  // namespace

void add_ranges(Ranges& ranges, const std::string& value, const std::vector<Range>& parts) {
  for (const Range& part : parts) {
    if (!std::isfinite(part.min) || !std::isfinite(part.max) || part.min > part.max)
      fail("value '{}': [{}, {}] is no range", value, part.min, part.max);
    const auto [it, is_new] = ranges.values.emplace(value, part);
    it->second = {std::min(it->second.min, part.min), std::max(it->second.max, part.max)};
  }
  if (parts.size() > 1) ranges.channels[value] = parts;
}

Ranges parse_foreign_ranges(std::string_view text, const Graph& graph) {
  Ranges ranges = read_any(text, graph);
  require_match(ranges, graph);
  cut_to_possible(ranges, graph);
  return ranges;
}

Ranges read_foreign_ranges(const std::filesystem::path& path, const Graph& graph) {
  const MappedFile file(path);
  return with_context([&] { return path.string(); },
                      [&] { return parse_foreign_ranges(file.text(), graph); });
}

void replace_ranges(Ranges& measured, const Ranges& given) {
  for (const auto& [value, range] : given.values) {
    measured.values[value] = range;
    measured.channels.erase(value);
    measured.methods.erase(value);
  }
  for (const auto& [value, channels] : given.channels) measured.channels[value] = channels;
  for (const auto& [value, means] : given.means) measured.means[value] = means;
  for (const auto& [value, method] : given.methods) measured.methods[value] = method;
}

}  // namespace qtool
