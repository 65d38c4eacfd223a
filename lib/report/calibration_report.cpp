#include "report/calibration_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "calib/methods/choose_ranges.h"
#include "calib/readers/sample_remarks.h"
#include "calib/remarks.h"
#include "ir/bodies.h"
#include "quant/plan_index.h"
#include "report/histogram_json.h"
#include "report/html_report.h"
#include "report/model_summary.h"

namespace qtool {
namespace {

Json share_json(double share) { return static_cast<float>(share); }

Json ranges_json(const Statistics& statistics, const Grid& grid) {
  Json list = Json::array();
  for (const RangeMethod method : statistics_methods(grid)) {
    const Range range = choose_range(statistics, {.method = method, .grid = grid});
    list.push_back({{"min", range.min},
                    {"max", range.max},
                    {"clipped", share_json(share_outside(statistics.histogram, range))}});
  }
  return list;
}

void add_statistics(const Statistics& statistics, const Grid& grid, Json& json) {
  const auto count = static_cast<double>(statistics.extremes.count);
  const double mean = statistics.sum.value() / count;
  const double variance = std::max(0.0, statistics.squares.value() / count - mean * mean);
  json["mean"] = static_cast<float>(mean);
  json["std"] = static_cast<float>(std::sqrt(variance));
  json["histogram"] = histogram_json(statistics.histogram);
  json["ranges"] = ranges_json(statistics, grid);
}

void add_channels(const std::vector<Extremes>& channels, Json& json) {
  for (const Extremes& channel : channels) {
    const Range range = channel.range();
    json["channels"].push_back(Json::array({range.min, range.max}));
  }
}

// What the table has of a value that some sample reached.
void add_seen(const CalibrationTable& table, const std::string& name, const Grid& grid,
              Json& json) {
  const Extremes& extremes = table.values.at(name);
  json["min"] = extremes.min;
  json["max"] = extremes.max;
  if (const auto it = table.statistics.find(name); it != table.statistics.end())
    add_statistics(it->second, grid, json);
  if (const auto it = table.channels.find(name); it != table.channels.end())
    add_channels(it->second, json);
  if (const auto it = table.sums.find(name); it != table.sums.end())
    json["means"] = it->second.means();
}

// The smallest and the largest number that a tensor's integers stand for.
Range expressible(const QuantParams& params) {
  if (const auto largest = largest_number(params.dtype))
    return {-params.scale[0] * *largest, params.scale[0] * *largest};
  const auto [low, high] = quant_range(params.dtype);
  return {params.scale[0] * static_cast<float>(low - params.zero_point[0]),
          params.scale[0] * static_cast<float>(high - params.zero_point[0])};
}

class ReportWriter {
 public:
  explicit ReportWriter(const CalibrationReport& report)
      : report_(report), wanted_(report.targets.values.begin(), report.targets.values.end()) {
    if (report.plan != nullptr) index_.emplace(*report.plan);
  }

  Json section();
  Json page();

 private:
  void add_values(const Graph& graph);
  void add_value(const Graph& graph, ValueId id);
  void add_chosen(const std::string& name, Json& json) const;
  Json facts() const;
  Json remark_texts() const;

  const CalibrationReport& report_;
  std::set<std::string> wanted_;  // and not written yet
  std::optional<PlanIndex> index_;
  Json values_ = Json::array();
};

// Those of the targets that are values of this graph: inputs, then what its nodes make.
void ReportWriter::add_values(const Graph& graph) {
  for (const ValueId id : graph.inputs()) add_value(graph, id);
  for (const NodeId id : graph.nodes())
    for (const ValueId output : graph.node(id).outputs)
      if (output != ValueId::kNone) add_value(graph, output);
}

void ReportWriter::add_value(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  if (wanted_.erase(value.name) == 0) return;
  if (index_ && index_->activation(value.name) == nullptr) return;
  const bool is_made = value.producer != NodeId::kNone;
  const CalibrationTable& table = report_.table;
  const auto it = table.values.find(value.name);
  Json json = {{"name", value.name}, {"type", to_string(value.type)}};
  json["operator"] = is_made ? full_op_type(graph.node(value.producer)) : "input";
  json["producer"] = is_made ? describe(graph, graph.node(value.producer)) : "input of the graph";
  json["readers"] = Json::array();
  for (const NodeId reader : value.consumers)
    json["readers"].push_back(describe(graph, graph.node(reader)));
  json["count"] = it == table.values.end() ? 0 : it->second.count;
  if (const std::string_view text = name(doubt(table, value.name)); !text.empty())
    json["remark"] = text;
  if (json["count"] != 0) add_seen(table, value.name, report_.grid, json);
  if (index_) add_chosen(value.name, json);
  values_.push_back(std::move(json));
}

// Of a value whose channels are divided first only that: its integers stand for other numbers.
void ReportWriter::add_chosen(const std::string& name, Json& json) const {
  const TensorPlan& plan = *index_->activation(name);
  const auto it = report_.table.statistics.find(name);
  if (!plan.channel_factors.empty()) json["divided"] = true;
  if (!plan.channel_factors.empty() || it == report_.table.statistics.end()) return;
  const Range range = expressible(plan.params);
  json["chosen"] = {{"min", range.min},
                    {"max", range.max},
                    {"clipped", share_json(share_outside(it->second.histogram, range))}};
}

Json ReportWriter::facts() const {
  const Grid& grid = report_.grid;
  const auto fact = [](const char* name, const std::string& text) {
    return Json::array({name, text});
  };
  const std::string grid_text =
      fmt::format("{} levels{}", grid.levels, grid.symmetric ? ", symmetric" : "");
  return Json::array({fact("Samples", std::to_string(report_.table.samples.count())),
                      fact("Values", std::to_string(values_.size())), fact("Ranges for", grid_text),
                      fact("Fingerprint of the model", report_.fingerprint)});
}

Json ReportWriter::remark_texts() const {
  std::vector<std::string> texts = remarks(report_.table, report_.targets);
  const std::string few = few_samples_remark(report_.table.samples.count());
  if (!few.empty()) texts.insert(texts.begin(), few);
  return texts;
}

Json ReportWriter::section() {
  for_each_graph(report_.graph, [&](const Graph& graph) { add_values(graph); });
  Json methods = Json::array();
  for (const RangeMethod method : statistics_methods(report_.grid)) methods.push_back(name(method));
  return {{"methods", methods},
          {"levels", report_.grid.levels},
          {"symmetric", report_.grid.symmetric},
          {"values", values_}};
}

Json ReportWriter::page() {
  const Json calibration = section();
  return {{"title", "Calibration of " + report_.model},
          {"facts", facts()},
          {"remarks", remark_texts()},
          {"calibration", calibration}};
}

}  // namespace

double share_outside(const Histogram& histogram, const Range& range) {
  const std::vector<int64_t>& counts = histogram.counts();
  const auto total = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  if (total == 0) return 0;
  int64_t outside = 0;
  double low = -Histogram::kSide * histogram.width();
  for (const int64_t count : counts) {
    const double high = low + histogram.width();
    if (low > range.max || high <= range.min) outside += count;
    low = high;
  }
  return static_cast<double>(outside) / static_cast<double>(total);
}

Json calibration_section(const CalibrationReport& report) { return ReportWriter(report).section(); }

std::string calibration_html(const CalibrationReport& report) {
  return html_report(ReportWriter(report).page());
}

}  // namespace qtool
