// Before      values of different bodies (If, Loop, Scan) that have the same name
// After       every value has a name of its own in the whole model, so that a plan can speak of it
// Conditions  the first bearer of a name keeps it; the main graph's names never change

#include <map>
#include <set>

#include "ir/bodies.h"
#include "passes/passes.h"

namespace qtool {
namespace {

using Names = std::set<std::string>;
using Renamed = std::map<std::string, std::string>;

Names names_of(const Graph& graph) {
  Names names;
  for (const ValueId id : graph.values()) names.insert(graph.value(id).name);
  return names;
}

class Renamer {
 public:
  explicit Renamer(const Graph& graph) : seen_(names_of(graph)) {
    for_each_graph(graph, [&](const Graph& each) { taken_.merge(names_of(each)); });
  }

  // `outer`: the new names of what stands around the bodies.
  bool rename_bodies(Graph& graph, const Renamed& outer) {
    return edit_bodies(graph, [&](Graph& body) { return rename_body(body, outer); });
  }

 private:
  bool rename_body(Graph& body, Renamed names);
  std::string new_name(const std::string& base);

  Names taken_;  // anywhere in the model
  Names seen_;   // in the graphs visited so far
};

std::string Renamer::new_name(const std::string& base) {
  for (int i = 1;; ++i)
    if (std::string name = fmt::format("{}_{}", base, i); taken_.insert(name).second) return name;
}

bool Renamer::rename_body(Graph& body, Renamed names) {
  const Names captured = body.free_names();
  bool changed = false;
  for (const ValueId id : body.values()) {
    const std::string name = body.value(id).name;
    if (!captured.contains(name)) {
      names.erase(name);  // hides the outer one
      if (!seen_.insert(name).second) seen_.insert(names[name] = new_name(name));
    }
    const auto renamed = names.find(name);
    if (renamed == names.end()) continue;
    body.set_name(id, renamed->second);
    changed = true;
  }
  return rename_bodies(body, names) || changed;
}

}  // namespace

bool name_values(Model& model) { return Renamer(model.graph).rename_bodies(model.graph, {}); }

}  // namespace qtool
