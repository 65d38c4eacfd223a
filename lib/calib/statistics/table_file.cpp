#include "calib/statistics/table_file.h"

#include <algorithm>
#include <set>

#include "base/json.h"

namespace qtool {
namespace {

constexpr const char* kFormat = "qtool-calibration";
constexpr int kVersion = 1;
constexpr int64_t kMany = int64_t{1} << 62;
constexpr int64_t kMostNumbers = int64_t{1} << 53;  // sums of counts fit, and a double holds each

// --- writing ---

Json extremes_json(const Extremes& extremes) {
  if (extremes.count == 0) return Json::array({0});
  return Json::array({extremes.count, extremes.min, extremes.max});
}

// Counts from the first bin that holds numbers to the last.
Json histogram_json(const Histogram& histogram) {
  return {
      {"width", histogram.exponent()}, {"first", histogram.first()}, {"counts", histogram.used()}};
}

Json recent_json(const std::map<int64_t, Range>& recent) {
  Json list = Json::array();
  for (const auto& [sample, range] : recent)
    list.push_back(Json::array({sample, range.min, range.max}));
  return list;
}

Json value_json(const CalibrationTable& table, const std::string& name) {
  Json json = Json::object();
  if (const auto it = table.values.find(name); it != table.values.end())
    json["range"] = extremes_json(it->second);
  if (const auto it = table.channels.find(name); it != table.channels.end())
    for (const Extremes& extremes : it->second) json["channels"].push_back(extremes_json(extremes));
  if (const auto it = table.sums.find(name); it != table.sums.end()) {
    json["channel_sums"] = {{"count", it->second.count}, {"sums", Json::array()}};
    for (const ExactSum& sum : it->second.sums) json["channel_sums"]["sums"].push_back(sum.text());
  }
  if (const auto it = table.statistics.find(name); it != table.statistics.end()) {
    json["sum"] = it->second.sum.text();
    json["squares"] = it->second.squares.text();
    json["histogram"] = histogram_json(it->second.histogram);
    json["recent"] = recent_json(it->second.recent);
  }
  return json;
}

// --- reading ---

Extremes read_extremes(const JsonView& view) {
  const std::vector<JsonView> parts = view.elements();
  Extremes extremes;
  if (parts.size() == 1 && parts[0].integer(0, 0) == 0) return extremes;
  if (parts.size() != 3) view.fail_expected("[count, smallest, largest]");
  extremes = {parts[0].integer(1, kMostNumbers), parts[1].number(), parts[2].number()};
  if (extremes.min > extremes.max) view.fail_expected("[count, smallest, largest]");
  return extremes;
}

// Of as many numbers as the range is of.
Histogram read_histogram(const JsonView& view, int64_t numbers) {
  view.allow({"width", "first", "counts"});
  const auto exponent = static_cast<int>(view.at("width").integer(-120, 116));
  const int64_t first = view.at("first").integer(-Histogram::kSide, Histogram::kSide);
  const std::vector<JsonView> counts = view.at("counts").elements();
  if (first + std::ssize(counts) > Histogram::kSide)
    view.at("counts").fail_expected("fewer counts");
  std::vector<int64_t> used;
  for (const JsonView& count : counts) {
    used.push_back(count.integer(0, numbers));
    numbers -= used.back();
  }
  if (numbers != 0) view.at("counts").fail_with("do not add up to the numbers of the range");
  return {exponent, static_cast<int>(first), std::move(used)};
}

Range read_range(const JsonView& low, const JsonView& high) {
  const Range range{low.number(), high.number()};
  if (range.min > range.max) high.fail_expected("the larger end");
  return range;
}

std::map<int64_t, Range> read_recent(const JsonView& view) {
  std::map<int64_t, Range> recent;
  for (const JsonView& each : view.elements()) {
    const std::vector<JsonView> parts = each.elements();
    if (parts.size() != 3) each.fail_expected("[sample, smallest, largest]");
    recent.emplace(parts[0].integer(0, kMany), read_range(parts[1], parts[2]));
  }
  return recent;
}

ChannelSums read_sums(const JsonView& view) {
  view.allow({"count", "sums"});
  ChannelSums sums{.count = view.at("count").integer(1, kMostNumbers), .sums = {}};
  for (const JsonView& each : view.at("sums").elements())
    sums.sums.push_back(ExactSum::of(each.text()));
  return sums;
}

void read_value(const std::string& name, const JsonView& view, CalibrationTable& table) {
  view.allow({"range", "channels", "channel_sums", "sum", "squares", "histogram", "recent"});
  const Extremes extremes = read_extremes(view.at("range"));
  table.values.emplace(name, extremes);
  if (const auto channels = view.find("channels"))
    for (const JsonView& each : channels->elements())
      table.channels[name].push_back(read_extremes(each));
  if (const auto sums = view.find("channel_sums")) table.sums.emplace(name, read_sums(*sums));
  if (const auto histogram = view.find("histogram"))
    table.statistics.emplace(name,
                             Statistics{.extremes = extremes,
                                        .sum = ExactSum::of(view.at("sum").text()),
                                        .squares = ExactSum::of(view.at("squares").text()),
                                        .histogram = read_histogram(*histogram, extremes.count),
                                        .recent = read_recent(view.at("recent"))});
}

JsonView check_header(const JsonView& file) {
  if (file.at("format").text() != kFormat)
    file.at("format").fail_expected(fmt::format("\"{}\"", kFormat));
  file.at("version").integer(kVersion, kVersion);
  file.allow({"format", "version", "model", "samples", "values"});
  return file.at("model");
}

}  // namespace

std::string table_json(const CalibrationTable& table, const std::string& fingerprint) {
  Json json = {{"format", kFormat}, {"version", kVersion}, {"model", fingerprint}};
  json["samples"] = Json::array();
  for (const auto& [first, end] : table.samples.runs())
    json["samples"].push_back(Json::array({first, end}));
  json["values"] = Json::object();
  for (const auto& [name, extremes] : table.values) json["values"][name] = value_json(table, name);
  return json_text(json, 2);
}

std::string table_fingerprint(std::string_view text) {
  const Json json = parse_json(text);
  return check_header(JsonView(json)).text();
}

CalibrationTable parse_table(std::string_view text, const std::string& fingerprint) {
  const Json json = parse_json(text);
  const JsonView file(json);
  if (const std::string model = check_header(file).text(); model != fingerprint)
    fail("the table is of another model: it was made of {}, this one is {}", model, fingerprint);
  CalibrationTable table;
  for (const JsonView& run : file.at("samples").elements()) {
    const std::vector<JsonView> ends = run.elements();
    if (ends.size() != 2) run.fail_expected("[first, end]");
    const int64_t first = ends[0].integer(0, kMany);
    table.samples.add(first, ends[1].integer(first + 1, kMany));
  }
  for (const auto& [name, view] : file.at("values").fields()) read_value(name, view, table);
  return table;
}

}  // namespace qtool
