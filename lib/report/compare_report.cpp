#include "report/compare_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "report/cause_text.h"
#include "report/decibel.h"
#include "report/table.h"

namespace qtool {
namespace {

constexpr std::size_t kMost = 3;  // nodes that are blamed

std::string percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.2f} %", 100 * *share) : "";
}

// The nodes whose own error is largest, without those that add hardly any.
std::vector<std::string> worst_nodes(const std::vector<LayerError>& layers) {
  constexpr double kHardlyAny = 40;  // dB
  std::vector<std::string> nodes;
  for (const LayerError& layer : layers)
    if (nodes.size() < kMost && !layer.node.empty() && !(layer.alone.sqnr_db() > kHardlyAny) &&
        std::find(nodes.begin(), nodes.end(), layer.node) == nodes.end())
      nodes.push_back(layer.node);
  return nodes;
}

std::string causes_text(const Comparison& comparison) {
  std::string text;
  for (const Cause& cause :
       std::span(comparison.causes).first(std::min(kMost, comparison.causes.size()))) {
    const LayerError& layer = comparison.layers.at(cause.layer);
    text += fmt::format("{}: {}; {}\n", layer.node, cause_text(cause, layer, comparison.weights),
                        mend_text(cause, layer));
  }
  return text;
}

}  // namespace

std::string compare_text(const Comparison& comparison, std::size_t rows) {
  const std::vector<LayerError>& layers = comparison.layers;
  Table table{{{"node"},
               {"operator"},
               {"alone dB", true},
               {"so far dB", true},
               {"cosine", true},
               {"max error", true},
               {"clipped", true},
               {"range used", true},
               {"weights dB", true}},
              {}};
  const std::size_t count = rows == 0 ? layers.size() : std::min(rows, layers.size());
  for (const LayerError& layer : std::span(layers).first(count))
    table.rows.push_back({layer.node.empty() ? layer.value : layer.node, layer.op_type,
                          decibel(layer.alone.sqnr_db()), decibel(layer.so_far.sqnr_db()),
                          fmt::format("{:.5f}", layer.so_far.cosine()),
                          fmt::format("{:.3g}", layer.so_far.max_abs_error()),
                          percent(layer.clipped), percent(layer.range_used),
                          layer.weight_sqnr_db ? decibel(*layer.weight_sqnr_db) : ""});
  std::string text = to_text(table);
  if (count < layers.size())
    text += fmt::format("{} of {} values; --all shows the others\n", count, layers.size());
  text += causes_text(comparison);
  if (const auto nodes = worst_nodes(layers); !nodes.empty())
    text += fmt::format("most is won by keeping these float: --mode '{}=float'\n",
                        fmt::join(nodes, "=float' '"));
  return text;
}

std::string compare_json(const std::vector<LayerError>& layers) {
  using Figures = nlohmann::ordered_json;
  const auto figure = [](double value) {
    return std::isfinite(value) ? Figures(value) : Figures(nullptr);
  };
  Figures json = Figures::array();
  for (const LayerError& layer : layers) {
    Figures& entry =
        json.emplace_back(Figures{{"node", layer.node},
                                  {"operator", layer.op_type},
                                  {"value", layer.value},
                                  {"alone_sqnr_db", figure(layer.alone.sqnr_db())},
                                  {"sqnr_db", figure(layer.so_far.sqnr_db())},
                                  {"cosine", figure(layer.so_far.cosine())},
                                  {"max_abs_error", figure(layer.so_far.max_abs_error())}});
    if (layer.clipped) entry["clipped"] = *layer.clipped;
    if (layer.range_used) entry["range_used"] = figure(*layer.range_used);
    if (layer.weight_sqnr_db) entry["weight_sqnr_db"] = figure(*layer.weight_sqnr_db);
  }
  return Figures{{"version", 1}, {"layers", json}}.dump(2) + "\n";
}

}  // namespace qtool
