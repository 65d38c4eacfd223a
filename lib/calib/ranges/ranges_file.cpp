#include "calib/ranges/ranges_file.h"

#include "base/error.h"

namespace qtool {
namespace {

constexpr const char* kFormat = "qtool-ranges";
constexpr int kVersion = 1;

Json range_json(const Range& range) { return Json::array({range.min, range.max}); }

Range read_range(const JsonView& view) {
  const std::vector<JsonView> ends = view.elements();
  if (ends.size() != 2) view.fail_expected("[smallest, largest]");
  const Range range{ends[0].number(), ends[1].number()};
  if (range.min > range.max) view.fail_expected("[smallest, largest]");
  return range;
}

}  // namespace

std::string ranges_json(const Ranges& ranges) {
  Json values = Json::object(), channels = Json::object();
  for (const auto& [value, range] : ranges.values) values[value] = range_json(range);
  for (const auto& [value, list] : ranges.channels)
    for (const Range& range : list) channels[value].push_back(range_json(range));
  Json json = {{"format", kFormat},
               {"version", kVersion},
               {"values", std::move(values)},
               {"channels", std::move(channels)},
               {"means", ranges.means}};
  if (!ranges.methods.empty()) json["methods"] = ranges.methods;
  return json_text(json, 2);
}

bool is_ranges_json(const Json& json) {
  return json.is_object() && json.value("format", Json()) == Json(kFormat);
}

Ranges read_ranges(const Json& json) {
  const JsonView file(json);
  file.allow({"format", "version", "values", "channels", "means", "methods"});
  file.at("version").integer(kVersion, kVersion);
  Ranges ranges;
  for (const auto& [value, view] : file.at("values").fields())
    ranges.values.emplace(value, read_range(view));
  if (const auto channels = file.find("channels"))
    for (const auto& [value, view] : channels->fields())
      for (const JsonView& each : view.elements())
        ranges.channels[value].push_back(read_range(each));
  if (const auto means = file.find("means"))
    for (const auto& [value, view] : means->fields())
      for (const JsonView& each : view.elements()) ranges.means[value].push_back(each.number());
  if (const auto methods = file.find("methods"))
    for (const auto& [value, view] : methods->fields()) ranges.methods[value] = view.text();
  return ranges;
}

}  // namespace qtool
