#include "quant/select/selection.h"

#include <algorithm>
#include <array>

#include "quant/apply/apply_float16.h"
#include "quant/select/objections.h"
#include "quant/select/static_selection.h"

namespace qtool {
namespace {

struct Attempt {
  Mode mode;
  std::string objection;
};

std::string dynamic_objection(const Graph& graph, const Node& node, const NodeRequest& request,
                              const QuantOptions& options) {
  std::string objection = dynamic_objection(graph, node, request.weight, options);
  if (!objection.empty() || options.dynamic_is_run) return objection;
  if (request.mode == Mode::kDynamic)
    fail(
        "node '{}' would be dynamic, which the target does not run: use qtool static, or --mode "
        "'*=weight_only'",
        node.name);
  return "the target runs nothing dynamic";
}

// The modes that may serve a request, the best first, each with what speaks against it. What cannot
// be static is tried as dynamic, whose activations have 8 bits, and what cannot be dynamic as
// weight-only.
std::vector<Attempt> attempts(const Model& model, const Node& node, const NodeRequest& request,
                              const QuantOptions& options) {
  if (request.mode == Mode::kFloat16)
    return {{Mode::kFloat16, float16_objection(model, model.graph, node)}};
  std::vector<Attempt> result;
  const bool is_finer = request.mode == Mode::kStatic && bits(options.activation.dtype) > 8;
  if (request.mode != Mode::kWeightOnly && !is_finer)
    result.push_back({Mode::kDynamic, dynamic_objection(model.graph, node, request, options)});
  result.push_back({Mode::kWeightOnly, weight_only_objection(model.graph, node)});
  return result;
}

void decide(const Model& model, NodeId id, const NodeRequest& request, const QuantOptions& options,
            Selection& selection) {
  NodePlan& plan = selection.nodes.at(id);
  if (plan.mode == Mode::kStatic) return;
  if (request.mode == Mode::kFloat) {
    plan.reason = fmt::format("{} asks for it", request.origin);
    return;
  }
  for (const Attempt& attempt : attempts(model, model.graph.node(id), request, options)) {
    if (attempt.objection.empty()) {
      plan.mode = attempt.mode;
      if (attempt.mode == request.mode) plan.reason.clear();
      if (attempt.mode == Mode::kFloat16) return;
      const std::vector<WeightUse> weights = weights_of(model.graph, id);
      selection.weights.insert(selection.weights.end(), weights.begin(), weights.end());
      return;
    }
    if (plan.reason.empty()) plan.reason = attempt.objection;
  }
}

}  // namespace

Selection select(const Model& model, const Requests& requests, const QuantOptions& options) {
  Selection selection = select_static(model.graph, requests, options);
  for (const NodeId id : model.graph.nodes())
    decide(model, id, requests.at(model.graph.node(id).name), options, selection);
  return selection;
}

}  // namespace qtool
