#include "runtime/operator_use.h"

#include <map>
#include <set>

#include "runtime/plan.h"

namespace qtool {
namespace {

using Uses = std::map<std::string, OperatorUse>;

OperatorUse& use_of(Uses& uses, const std::string& op_type, int64_t version) {
  return uses.try_emplace(op_type, OperatorUse{op_type, version, 0, "function"}).first->second;
}

void count_nodes(const Model& model, const Graph& graph, Uses& uses) {
  for (const NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    ++use_of(uses, full_op_type(node), opset_version(model, node.domain)).nodes;
    for (const Attribute& attribute : node.attributes)
      if (const auto* body = std::get_if<std::shared_ptr<const Graph>>(&attribute.value))
        count_nodes(model, **body, uses);
  }
}

}  // namespace

std::vector<OperatorUse> operator_uses(const Model& model) {
  Uses uses;
  count_nodes(model, model.graph, uses);
  PlanContext context({.fuse = false});
  std::vector<Executor::Step> steps;
  Plan(model, context).list_steps(steps);
  std::map<std::string, std::set<Provider>> providers;
  for (const Executor::Step& step : steps) providers[step.op_type].insert(step.provider);
  for (const auto& [op_type, by] : providers) {
    const auto use = uses.find(op_type);
    if (use == uses.end()) continue;  // only inside functions
    use->second.kernel = "";
    for (const Provider provider : by)
      use->second.kernel += (use->second.kernel.empty() ? "" : ", ") + std::string(name(provider));
  }
  for (const UnsupportedNode& node : context.unsupported) {
    OperatorUse& use = use_of(uses, node.op_type, node.version);
    if (use.kernel == "function") use.kernel = "none";
  }
  std::vector<OperatorUse> result;
  for (auto& [op_type, use] : uses) result.push_back(std::move(use));
  return result;
}

}  // namespace qtool
