#include "report/quantize_report.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <set>
#include <tuple>

#include "ir/bodies.h"
#include "quant/plan_index.h"
#include "report/environment.h"
#include "report/graph_section.h"
#include "report/html_report.h"
#include "report/weight_section.h"

namespace qtool {
namespace {

// The modes in the order of the page, with their colours in style.css.
struct ModeColor {
  Mode mode;
  const char* color;
};
constexpr std::array kModes = {
    ModeColor{Mode::kStatic, "mode-static"},
    ModeColor{Mode::kDynamic, "mode-dynamic"},
    ModeColor{Mode::kWeightOnly, "mode-weights"},
    ModeColor{Mode::kFloat16, "mode-half"},
    ModeColor{Mode::kFloat, "calm"},
};

std::size_t place_of(Mode mode) {
  std::size_t place = 0;
  while (kModes.at(place).mode != mode) ++place;
  return place;
}

std::string mark_text(const NodePlan* plan) {
  if (plan == nullptr) return "the plan does not speak of it";
  std::string text =
      plan->absorbed ? "absorbed by the range of what the node before it writes" : "";
  for (const std::string& more : {plan->reason, plan->note})
    if (!more.empty()) text += (text.empty() ? "" : "; ") + more;
  return text;
}

Json overview(const QuantizeReport& report) {
  std::vector<NodeGroup> groups;
  for (const ModeColor& mode : kModes) groups.push_back({std::string(name(mode.mode)), mode.color});
  const PlanIndex index(report.plan);
  return graph_section(report.graph, groups, [&](const Node& node) {
    return NodeMark{place_of(index.mode(node)), mark_text(index.node(node))};
  });
}

Json plan_section(const QuantizeReport& report) {
  std::map<std::tuple<std::string, std::string, std::string>, int> counts;
  for (const NodePlan& node : report.plan.nodes)
    ++counts[{node.op_type, std::string(name(node.mode)), node.reason}];
  Json rows = Json::array();
  for (const auto& [key, count] : counts)
    rows.push_back({{"operator", std::get<0>(key)},
                    {"mode", std::get<1>(key)},
                    {"reason", std::get<2>(key)},
                    {"nodes", count}});
  return {{"rows", rows}, {"text", report.plan_text}};
}

std::string modes_text(const QuantPlan& plan) {
  std::string text;
  for (const ModeColor& mode : kModes) {
    const auto is_it = [&](const NodePlan& node) { return node.mode == mode.mode; };
    if (const auto count = std::count_if(plan.nodes.begin(), plan.nodes.end(), is_it); count > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name(mode.mode));
  }
  return text;
}

Json facts(const QuantizeReport& report) {
  const auto kilobytes = [](double bytes) { return fmt::format("{:.1f} KB", bytes / 1024); };
  const auto before = static_cast<double>(report.size_before);
  const auto after = static_cast<double>(report.size_after);
  const PlanSizes constants = predict_sizes(report.graph, report.plan);
  Json facts = Json::array();
  const auto add = [&](const char* name, const std::string& text) {
    facts.push_back(Json::array({name, text}));
  };
  add("Nodes", modes_text(report.plan));
  add("File", fmt::format("{}, then {} ({:.2f} times smaller)", kilobytes(before), kilobytes(after),
                          before / after));
  add("Constants", fmt::format("{}, then {}", kilobytes(static_cast<double>(constants.before)),
                               kilobytes(static_cast<double>(constants.after))));
  if (report.table != nullptr) add("Samples", std::to_string(report.table->samples.count()));
  return facts;
}

}  // namespace

std::string quantize_html(const QuantizeReport& report) {
  Json data = {{"title", fmt::format("{} quantized to {}", report.model, report.output)},
               {"facts", facts(report)},
               {"remarks", Json::array()},
               {"plan", plan_section(report)},
               {"graph", overview(report)},
               {"weights", weight_section(quantized_weights(report.graph, report.quantized))},
               {"environment", environment_section()}};
  if (report.table != nullptr)
    data["calibration"] = calibration_section({.model = report.model,
                                               .fingerprint = "",
                                               .graph = report.graph,
                                               .table = *report.table,
                                               .targets = *report.targets,
                                               .grid = report.grid,
                                               .plan = &report.plan});
  return html_report(data);
}

}  // namespace qtool
