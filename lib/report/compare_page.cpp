#include <fmt/format.h>

#include <array>
#include <cmath>
#include <map>

#include "report/cause_text.h"
#include "report/compare_report.h"
#include "report/decibel.h"
#include "report/environment.h"
#include "report/graph_section.h"
#include "report/html_report.h"
#include "report/weight_section.h"

namespace qtool {
namespace {

Json figure(double value) {
  return std::isfinite(value) ? Json(static_cast<float>(value)) : Json(nullptr);
}

Json figure(const std::optional<double>& value) { return value ? figure(*value) : Json(nullptr); }

Json layer_json(const LayerError& layer) {
  Json json = {{"name", layer.node.empty() ? layer.value : layer.node},
               {"operator", layer.op_type},
               {"value", layer.value},
               {"place", layer.place},
               {"alone", figure(layer.alone.sqnr_db())},
               {"so_far", figure(layer.so_far.sqnr_db())},
               {"cosine", figure(layer.so_far.cosine())},
               {"max_error", figure(layer.so_far.max_abs_error())},
               {"weights", layer.made_by.weights}};
  json["clipped"] = figure(layer.clipped);
  json["range_used"] = figure(layer.range_used);
  json["weights_db"] = figure(layer.weight_sqnr_db);
  return json;
}

// The groups of the overview: below this many dB a node belongs to it.
struct ErrorGroup {
  double below;
  const char* name;
  const char* color;
};
constexpr std::array kErrorGroups = {
    ErrorGroup{20, "below 20 dB", "error-0"},
    ErrorGroup{30, "20 to 30 dB", "error-1"},
    ErrorGroup{40, "30 to 40 dB", "error-2"},
    ErrorGroup{HUGE_VAL, "40 dB and more", "error-3"},
};

std::size_t error_group(double sqnr) {
  std::size_t group = 0;
  while (group + 1 < kErrorGroups.size() && !(sqnr < kErrorGroups[group].below)) ++group;
  return std::isnan(sqnr) ? 0 : group;
}

Json overview(const Graph& graph, const std::vector<LayerError>& layers) {
  std::vector<NodeGroup> groups;
  for (const ErrorGroup& group : kErrorGroups) groups.push_back({group.name, group.color});
  groups.push_back({"not compared", "calm"});
  std::map<std::string_view, const LayerError*> by_node;
  for (const LayerError& layer : layers) by_node.emplace(layer.node, &layer);
  return graph_section(graph, groups, [&](const Node& node) {
    const auto it = by_node.find(node.name);
    if (it == by_node.end())
      return NodeMark{kErrorGroups.size(), "no value of its own to compare: it is fused or float"};
    const LayerError& layer = *it->second;
    return NodeMark{error_group(layer.alone.sqnr_db()),
                    fmt::format("SQNR alone {}, so far {}", decibel(layer.alone.sqnr_db()),
                                decibel(layer.so_far.sqnr_db()))};
  });
}

Json causes_json(const Comparison& comparison) {
  std::map<std::string_view, std::size_t> places;
  Json causes = Json::array();
  for (const Cause& cause : comparison.causes) {
    const LayerError& layer = comparison.layers.at(cause.layer);
    Json json = {{"layer", cause.layer},
                 {"kind", name(cause.kind)},
                 {"share", figure(cause.share)},
                 {"text", cause_text(cause, layer, comparison.weights)},
                 {"mend", mend_text(cause, layer)}};
    if (cause.weight) json["weight"] = *cause.weight;
    causes.push_back(std::move(json));
  }
  return causes;
}

Json facts(const ComparedModels& models, const Comparison& comparison) {
  Json facts = Json::array({Json::array({"Samples", std::to_string(models.samples)}),
                            Json::array({"Layers", std::to_string(comparison.layers.size())})});
  for (const LayerError& layer : comparison.layers)
    if (const ValueId id = models.graph.find(layer.value); models.graph.is_output(id))
      facts.push_back(Json::array({fmt::format("SQNR of output '{}'", layer.value),
                                   decibel(layer.so_far.sqnr_db()) + " dB"}));
  return facts;
}

}  // namespace

std::string compare_html(const ComparedModels& models, const Comparison& comparison) {
  Json layers = Json::array();
  for (const LayerError& layer : comparison.layers) layers.push_back(layer_json(layer));
  return html_report({{"title", fmt::format("{} compared with {}", models.other, models.first)},
                      {"facts", facts(models, comparison)},
                      {"remarks", Json::array()},
                      {"compare", {{"layers", layers}, {"causes", causes_json(comparison)}}},
                      {"graph", overview(models.graph, comparison.layers)},
                      {"weights", weight_section(comparison.weights)},
                      {"environment", environment_section()}});
}

}  // namespace qtool
