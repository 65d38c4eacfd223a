#include "report/model_diff.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "ir/fingerprint.h"
#include "ir/text.h"
#include "report/model_summary.h"
#include "report/table.h"

namespace qtool {
namespace {

// What a model has, in words that differ if it does.
using Inventory = std::map<std::pair<std::size_t, std::string>, std::string>;  // by kind and name

const std::vector<std::string> kKinds = {"opset", "input", "output", "node", "constant"};

std::string constant_text(const Tensor& tensor, const ValueType& type) {
  if (tensor.dtype() == DType::kString) return to_string(type);
  const std::string_view bytes = {static_cast<const char*>(tensor.raw()), tensor.bytes()};
  return fmt::format("{} #{}", to_string(type), fingerprint(bytes).substr(0, 8));
}

Inventory inventory(const Model& model) {
  const Graph& graph = model.graph;
  Inventory found;
  for (const Opset& opset : model.opsets)
    found[{0, opset.domain.empty() ? "ai.onnx" : opset.domain}] = std::to_string(opset.version);
  for (const auto& [kind, ports] : {std::pair{1, graph.inputs()}, std::pair{2, graph.outputs()}})
    for (const ValueId id : ports)
      found[{static_cast<std::size_t>(kind), graph.value(id).name}] =
          to_string(graph.value(id).type);
  for (const NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    const std::string name = node.name.empty() ? graph.value(node.outputs[0]).name : node.name;
    found[{3, name}] = print_node(graph, node);
  }
  for (const ValueId id : graph.values())
    if (const Tensor* tensor = graph.constant(id))
      found[{4, graph.value(id).name}] = constant_text(*tensor, graph.value(id).type);
  return found;
}

}  // namespace

std::vector<Difference> model_diff(const Model& first, const Model& second) {
  const Inventory a = inventory(first), b = inventory(second);
  Inventory all = a;
  all.insert(b.begin(), b.end());
  std::vector<Difference> differences;
  const auto text = [](const Inventory& model, const auto& key) {
    const auto it = model.find(key);
    return it == model.end() ? std::string() : it->second;
  };
  for (const auto& [key, any] : all)
    if (text(a, key) != text(b, key))
      differences.push_back({kKinds[key.first], key.second, text(a, key), text(b, key)});
  return differences;
}

std::string diff_text(const std::vector<Difference>& differences, std::size_t most) {
  Table table{{{"what"}, {"name"}, {"first"}, {"second"}}, {}};
  std::map<std::string, std::size_t> counts;
  for (const Difference& d : differences)
    if (++counts[d.kind] <= most || most == 0)
      table.rows.push_back(
          {d.kind, d.name, d.first.empty() ? "-" : d.first, d.second.empty() ? "-" : d.second});
  if (differences.empty()) return "no difference\n";
  std::vector<std::string> parts;
  for (const std::string& kind : kKinds)
    if (counts.contains(kind))
      parts.push_back(fmt::format("{} {}{}", counts[kind], kind, counts[kind] == 1 ? "" : "s"));
  return to_text(table) + fmt::format("{} differ\n", fmt::join(parts, ", "));
}

std::string diff_json(const std::vector<Difference>& differences) {
  using Json = nlohmann::ordered_json;
  const auto text = [](const std::string& s) { return s.empty() ? Json(nullptr) : Json(s); };
  Json json = Json::array();
  for (const Difference& d : differences)
    json.push_back(
        {{"kind", d.kind}, {"name", d.name}, {"first", text(d.first)}, {"second", text(d.second)}});
  return json.dump(2) + "\n";
}

}  // namespace qtool
