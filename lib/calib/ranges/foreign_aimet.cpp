#include <cmath>

#include "base/error.h"
#include "calib/ranges/foreign_formats.h"

namespace qtool {
namespace {

// Version 1.0.0 writes "INT", those before it "int" or nothing.
bool is_integer(const JsonView& encoding) {
  const auto dtype = encoding.find("dtype");
  return !dtype || dtype->text() == "int" || dtype->text() == "INT";
}

Range range_of(float scale, float offset, int64_t bits) {
  const double steps = std::ldexp(1.0, static_cast<int>(bits)) - 1;
  return {static_cast<float>(offset * double{scale}),
          static_cast<float>((offset + steps) * double{scale})};
}

// Before 1.0.0: one encoding for the value or for one of its channels.
Range read_channel(const JsonView& view) {
  const auto low = view.find("min"), high = view.find("max");
  if (low && high) return {low->number(), high->number()};
  return range_of(view.at("scale").number(), view.at("offset").number(),
                  view.at("bitwidth").integer(2, 32));
}

// 1.0.0: lists of scales and offsets.
std::vector<Range> read_encoding(const JsonView& view) {
  const std::vector<JsonView> scales = view.at("scale").elements();
  const std::vector<JsonView> offsets = view.at("offset").elements();
  if (scales.size() != offsets.size() || scales.empty())
    view.fail_with(fmt::format("has {} scales and {} offsets", scales.size(), offsets.size()));
  const int64_t bits = view.at("bw").integer(2, 32);
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < scales.size(); ++i)
    ranges.push_back(range_of(scales[i].number(), offsets[i].number(), bits));
  return ranges;
}

void check_version(const JsonView& file) {
  const auto version = file.find("version");
  if (!version) return;  // as before 0.4.0
  const std::string text = version->text();
  if (text.rfind("0.", 0) != 0 && text.rfind("1.", 0) != 0) version->fail_expected("one below 2");
}

}  // namespace

bool is_aimet_encodings(const Json& json) {
  return json.is_object() && (json.contains("activation_encodings") || json.contains("encodings"));
}

Ranges read_aimet_encodings(const Json& json) {
  const JsonView file(json);
  check_version(file);
  const JsonView activations = file.at("activation_encodings");
  Ranges ranges;
  if (activations.json().is_array()) {
    for (const JsonView& view : activations.elements())
      if (is_integer(view)) add_ranges(ranges, view.at("name").text(), read_encoding(view));
    return ranges;
  }
  for (const auto& [value, view] : activations.fields()) {
    std::vector<Range> channels;
    for (const JsonView& channel : view.elements())
      if (is_integer(channel)) channels.push_back(read_channel(channel));
    if (!channels.empty()) add_ranges(ranges, value, channels);
  }
  return ranges;
}

}  // namespace qtool
