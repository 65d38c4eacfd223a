#include "calib/ranges/foreign_formats.h"

namespace qtool {
namespace {

// Whether JSON is the dictionary of an object of that Python class.
bool is_of_class(const Json& json, const char* name) {
  return json.is_object() && json.value("CLS", Json()) == Json(name);
}

void append_numbers(const JsonView& view, std::vector<float>& numbers) {
  if (!view.json().is_array()) return numbers.push_back(view.number());
  for (const JsonView& each : view.elements()) append_numbers(each, numbers);
}

// A number, or the elements of a numpy array.
std::vector<float> read_numbers(const JsonView& view) {
  std::vector<float> numbers;
  append_numbers(is_of_class(view.json(), "numpy.array") ? view.at("data") : view, numbers);
  return numbers;
}

std::vector<Range> read_tensor(const JsonView& view) {
  const std::vector<float> low = read_numbers(view.at("lowest"));
  const std::vector<float> high = read_numbers(view.at("highest"));
  if (low.size() != high.size() || low.empty())
    view.fail_with(fmt::format("has {} lowest and {} highest numbers", low.size(), high.size()));
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < low.size(); ++i) ranges.push_back({low[i], high[i]});
  return ranges;
}

}  // namespace

bool is_onnxruntime_ranges(const Json& json) {
  if (is_of_class(json, "TensorsData")) return true;
  return json.is_object() && !json.empty() && is_of_class(json.front(), "TensorData");
}

Ranges read_onnxruntime_ranges(const Json& json) {
  const JsonView file(json);
  Ranges ranges;
  for (const auto& [value, view] :
       (is_of_class(json, "TensorsData") ? file.at("data") : file).fields())
    add_ranges(ranges, value, read_tensor(view));
  return ranges;
}

}  // namespace qtool
