#include "report/plan_report.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/nearest.h"
#include "ir/bodies.h"
#include "quant/plan_index.h"
#include "quant/type_names.h"
#include "report/model_summary.h"
#include "report/spread.h"
#include "report/table.h"

namespace qtool {
namespace {

double kilobytes(int64_t bytes) { return static_cast<double>(bytes) / 1024; }

std::string sizes_text(const PlanSizes& sizes) {
  return fmt::format("constants: {:.1f} KB, then {:.1f} KB ({:.2f} times smaller)\n",
                     kilobytes(sizes.before), kilobytes(sizes.after),
                     sizes.after == 0 ? 1.0 : kilobytes(sizes.before) / kilobytes(sizes.after));
}

// --- explain ---

using Row = std::vector<std::string>;

// The real numbers that integers with these parameters can be.
std::string range_text(const QuantParams& params) {
  if (zero_point_range(params.dtype).max == 0) return "";  // floating point
  const auto [low, high] = quant_range(params.dtype);
  double min = 0, max = 0;
  for (std::size_t i = 0; i < params.scale.size(); ++i) {
    min = std::min(min, double{params.scale[i]} * (low - params.zero_point[i]));
    max = std::max(max, double{params.scale[i]} * (high - params.zero_point[i]));
  }
  return fmt::format("[{:.4g}, {:.4g}]", min, max);
}

std::string source_text(const TensorPlan& plan) {
  if (plan.source == Source::kShared) return fmt::format("shared with '{}'", plan.group);
  if (plan.source != Source::kOwn) return "other tensors";
  return plan.method.empty() ? "its own range" : "its own range, by " + plan.method;
}

Row quantized_row(std::string_view role, const std::string& value, const TensorPlan& plan) {
  const QuantParams& params = plan.params;
  const std::string unit =
      params.block > 0 ? fmt::format("blocks of {} along axis {}", params.block, params.axis)
                       : fmt::format("along axis {}", params.axis);
  return {std::string(role),
          value,
          std::string(name(params.dtype)),
          spread(params.scale, unit),
          spread(params.zero_point, unit),
          range_text(params),
          source_text(plan)};
}

Row float_row(std::string_view role, const Value& value, std::string_view note) {
  return {std::string(role), value.name, to_string(value.type), "", "", "", std::string(note)};
}

class Explanation {
 public:
  Explanation(const Graph& graph, const QuantPlan& plan, const Node& node)
      : graph_(graph), index_(plan), node_(node) {}
  std::string text();

 private:
  std::string headline() const;
  Row input_row(std::size_t i) const;
  const Value& written(std::size_t i) const;
  Row output_row(std::size_t i) const;

  const Graph& graph_;
  const PlanIndex index_;
  const Node& node_;
};

std::string Explanation::headline() const {
  const NodePlan* plan = index_.node(node_);
  const std::string start = fmt::format("{}: ", describe(graph_, node_));
  if (plan == nullptr) return start + "float, as the plan does not speak of it";
  return start + std::string(name(plan->mode)) +
         (plan->absorbed ? ", absorbed by the range of what the node before it writes" : "") +
         (plan->reason.empty() ? "" : ", because " + plan->reason) +
         (plan->note.empty() ? "" : "; " + plan->note);
}

Row Explanation::input_row(std::size_t i) const {
  const Value& value = graph_.value(node_.inputs[i]);
  if (const TensorPlan* plan = index_.input(graph_, node_, i))
    return quantized_row("reads", value.name, *plan);
  if (index_.derived_bias(graph_, node_, i) != nullptr)
    return {"reads", value.name, "int32", "", "", "", "scales of the inputs before it"};
  return float_row("reads", value, value.constant ? "constant, stays" : "stays");
}

// What the node will write in place of its output: that of the Clip or Relu that it absorbs.
const Value& Explanation::written(std::size_t i) const {
  const Value& value = graph_.value(node_.outputs[i]);
  for (const NodeId consumer : value.consumers)
    if (index_.is_absorbed(graph_.node(consumer)))
      return graph_.value(graph_.node(consumer).outputs[0]);
  return value;
}

Row Explanation::output_row(std::size_t i) const {
  const Value& value = written(i);
  const TensorPlan* plan = index_.activation(value.name);
  return plan == nullptr ? float_row("writes", value, "stays")
                         : quantized_row("writes", value.name, *plan);
}

std::string Explanation::text() {
  Table table{{{""}, {"value"}, {"type"}, {"scale"}, {"zero point"}, {"range"}, {"from"}}, {}};
  for (std::size_t i = 0; i < node_.inputs.size(); ++i)
    if (node_.inputs[i] != ValueId::kNone) table.rows.push_back(input_row(i));
  for (std::size_t i = 0; i < node_.outputs.size(); ++i)
    if (node_.outputs[i] != ValueId::kNone) table.rows.push_back(output_row(i));
  return headline() + "\n\n" + to_text(table);
}

}  // namespace

std::string plan_table(const QuantPlan& plan, const PlanSizes& sizes) {
  std::map<std::tuple<std::string, std::string, std::string>, int> counts;
  for (const NodePlan& node : plan.nodes)
    ++counts[{node.op_type, std::string(name(node.mode)), node.reason}];
  Table table{{{"operator"}, {"mode"}, {"nodes", true}, {"reason"}}, {}};
  for (const auto& [key, count] : counts)
    table.rows.push_back(
        {std::get<0>(key), std::get<1>(key), std::to_string(count), std::get<2>(key)});
  return to_text(table) + sizes_text(sizes);
}

std::string explain(const Graph& graph, const QuantPlan& plan, const std::string& node) {
  std::vector<std::string> names;
  std::string text;
  for_each_graph(graph, [&](const Graph& each) {
    for (const NodeId id : each.nodes()) {
      names.push_back(each.node(id).name);
      if (names.back() == node) text = Explanation(each, plan, each.node(id)).text();
    }
  });
  if (text.empty()) fail("there is no node '{}'{}", node, did_you_mean(node, names));
  return text;
}

}  // namespace qtool
