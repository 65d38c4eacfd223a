#include <cmath>
#include <regex>
#include <sstream>

#include "base/error.h"
#include "base/nearest.h"
#include "calib/ranges/foreign_formats.h"

namespace qtool {
namespace {

constexpr float kLargestInt8 = 127;

// Nodes by their name, and those without one by their first output's.
std::map<std::string, NodeId> nodes_by_name(const Graph& graph) {
  std::map<std::string, NodeId> nodes;
  for (const NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    if (!node.outputs.empty() && node.outputs[0] != ValueId::kNone)
      nodes.emplace(graph.value(node.outputs[0]).name, id);
  }
  for (const NodeId id : graph.nodes())
    if (!graph.node(id).name.empty()) nodes[graph.node(id).name] = id;
  return nodes;
}

// What the layer reads.
std::string input_of(const Graph& graph, const std::map<std::string, NodeId>& nodes,
                     const std::string& layer) {
  const auto it = nodes.find(layer);
  if (it == nodes.end()) {
    std::vector<std::string> names;
    for (const auto& [name, id] : nodes) names.push_back(name);
    fail("the model has no node '{}'{}", layer, did_you_mean(layer, names));
  }
  const Node& node = graph.node(it->second);
  if (node.inputs.empty() || node.inputs[0] == ValueId::kNone)
    fail("node '{}' reads nothing", layer);
  return graph.value(node.inputs[0]).name;
}

// ±127 / scale, where an infinite scale stands for a value that is always 0.
Range read_scale(const std::string& word) {
  char* end = nullptr;
  const float scale = std::strtof(word.c_str(), &end);
  if (*end != '\0' || !(scale > 0)) fail("expected a positive scale, got '{}'", word);
  return {-kLargestInt8 / scale, kLargestInt8 / scale};
}

}  // namespace

Ranges read_ncnn_table(std::string_view text, const Graph& graph) {
  static const std::regex kWeights(".*_param_[0-9]+");
  const std::map<std::string, NodeId> nodes = nodes_by_name(graph);
  Ranges ranges;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line);
    std::string layer;
    if (!(words >> layer) || layer[0] == '#' || std::regex_match(layer, kWeights)) continue;
    with_context([&] { return fmt::format("line {}", number); },
                 [&] {
                   std::vector<Range> scales;
                   for (std::string word; words >> word;) scales.push_back(read_scale(word));
                   if (scales.empty()) fail("expected a layer's name and its scales");
                   add_ranges(ranges, input_of(graph, nodes, layer), scales);
                 });
  }
  return ranges;
}

}  // namespace qtool
