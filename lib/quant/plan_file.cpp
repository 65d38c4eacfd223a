#include "quant/plan_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "base/json.h"
#include "base/nearest.h"
#include "quant/type_names.h"

namespace qtool {
namespace {

constexpr std::string_view kFormat = "qtool-plan";
constexpr int64_t kVersion = 1;
constexpr std::array kModes = {Mode::kStatic, Mode::kDynamic, Mode::kWeightOnly, Mode::kFloat16,
                               Mode::kFloat};
constexpr std::array kSources = {Source::kOwn, Source::kShared, Source::kDerived, Source::kDynamic};

// --- writing ---

template <class T>
bool all_equal(const std::vector<T>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

Json bias_json(const TensorPlan& bias) {
  Json json = {
      {"value", bias.value}, {"source", std::string(name(bias.source))}, {"readers", bias.readers}};
  if (!bias.correction.empty()) json["correction"] = bias.correction;
  return json;
}

Json dynamic_json(const TensorPlan& tensor) {
  return {{"value", tensor.value},
          {"source", std::string(name(tensor.source))},
          {"channel_factors", tensor.channel_factors}};
}

Json tensor_json(const TensorPlan& tensor) {
  if (tensor.source == Source::kDerived) return bias_json(tensor);
  if (tensor.source == Source::kDynamic) return dynamic_json(tensor);
  const QuantParams& params = tensor.params;
  QTOOL_ASSERT(params.scale.size() == params.zero_point.size() && !params.scale.empty());
  QTOOL_ASSERT(params.scale.size() == 1 || !params.per_tensor());
  Json json = {{"value", tensor.value}, {"type", std::string(name(params.dtype))}};
  json["scale"] = params.per_tensor() ? Json(params.scale[0]) : Json(params.scale);
  json["zero_point"] =
      all_equal(params.zero_point) ? Json(params.zero_point[0]) : Json(params.zero_point);
  if (!params.per_tensor()) json["axis"] = params.axis;
  if (params.block != 0) json["block"] = params.block;
  json["source"] = std::string(name(tensor.source));
  if (!tensor.group.empty()) json["group"] = tensor.group;
  if (!tensor.method.empty()) json["method"] = tensor.method;
  if (!tensor.readers.empty()) json["readers"] = tensor.readers;
  if (!tensor.channel_factors.empty()) json["channel_factors"] = tensor.channel_factors;
  return json;
}

Json node_json(const NodePlan& node) {
  Json json = {
      {"node", node.node}, {"op_type", node.op_type}, {"mode", std::string(name(node.mode))}};
  if (node.absorbed) json["absorbed"] = true;
  if (!node.reason.empty()) json["reason"] = node.reason;
  if (!node.note.empty()) json["note"] = node.note;
  return json;
}

// --- reading ---

// The one of `values` whose name stands there.
template <class T, std::size_t N>
T read_name(const JsonView& view, const std::array<T, N>& values) {
  const std::string text = view.text();
  std::string known;
  for (const T value : values) {
    if (name(value) == text) return value;
    known += (known.empty() ? "one of " : ", ") + std::string(name(value));
  }
  view.fail_expected(known);
}

std::string optional_text(const JsonView& object, const std::string& key) {
  const auto field = object.find(key);
  return field ? field->text() : "";
}

NodePlan read_node(const JsonView& view) {
  view.allow({"node", "op_type", "mode", "absorbed", "reason", "note"});
  const auto absorbed = view.find("absorbed");
  return {.node = view.at("node").text(),
          .op_type = optional_text(view, "op_type"),
          .mode = read_name(view.at("mode"), kModes),
          .reason = optional_text(view, "reason"),
          .absorbed = absorbed && absorbed->flag(),
          .note = optional_text(view, "note")};
}

float read_positive(const JsonView& view) {
  const float number = view.number();
  if (!(number > 0) || !std::isfinite(number)) view.fail_expected("a positive number");
  return number;
}

std::vector<float> read_positives(const JsonView& list) {
  std::vector<float> numbers;
  for (const JsonView& each : list.elements()) numbers.push_back(read_positive(each));
  if (numbers.empty()) list.fail_expected("a list of positive numbers");
  return numbers;
}

DType read_type(const JsonView& view) {
  const auto dtype = find_quant_type(view.text());
  if (!dtype) view.fail_expected("one of " + quant_type_names());
  return *dtype;
}

int32_t read_zero_point(const JsonView& view, DType dtype) {
  const QuantRange range = zero_point_range(dtype);
  return static_cast<int32_t>(view.integer(range.min, range.max));
}

// One for each scale; a single number stands for all.
std::vector<int32_t> read_zero_points(const JsonView& view, DType dtype, std::size_t count) {
  if (!view.json().is_array()) return std::vector<int32_t>(count, read_zero_point(view, dtype));
  std::vector<int32_t> zero_points;
  for (const JsonView& each : view.elements()) zero_points.push_back(read_zero_point(each, dtype));
  if (zero_points.size() != count)
    view.fail_with(fmt::format("has {} zero points for {} scales", zero_points.size(), count));
  return zero_points;
}

QuantParams read_params(const JsonView& view) {
  QuantParams params{.dtype = read_type(view.at("type"))};
  const JsonView scale = view.at("scale");
  if (const auto axis = view.find("axis"))
    params.axis = static_cast<int>(axis->integer(0, std::numeric_limits<int>::max()));
  if (const auto block = view.find("block")) {
    params.block = block->integer(1, std::numeric_limits<int64_t>::max());
    if (params.per_tensor()) block->fail_with("needs the field 'axis' beside it");
  }
  if (params.per_tensor() && scale.json().is_array())
    scale.fail_with("is a list, which needs the field 'axis' beside it");
  params.scale =
      params.per_tensor() ? std::vector<float>{read_positive(scale)} : read_positives(scale);
  params.zero_point = read_zero_points(view.at("zero_point"), params.dtype, params.scale.size());
  return params;
}

std::vector<std::string> read_readers(const JsonView& list) {
  std::vector<std::string> readers;
  for (const JsonView& reader : list.elements()) readers.push_back(reader.text());
  return readers;
}

// Type and scale follow from what the readers read else.
TensorPlan read_bias(const JsonView& view) {
  view.allow({"value", "source", "readers", "correction"});
  TensorPlan bias{.value = view.at("value").text(),
                  .params = {},
                  .source = Source::kDerived,
                  .readers = read_readers(view.at("readers"))};
  if (bias.readers.empty()) view.at("readers").fail_expected("a list of nodes");
  if (const auto correction = view.find("correction"))
    for (const JsonView& each : correction->elements()) bias.correction.push_back(each.number());
  return bias;
}

// Type, scale and zero point are found while running.
TensorPlan read_dynamic(const JsonView& view) {
  view.allow({"value", "source", "channel_factors"});
  return {.value = view.at("value").text(),
          .params = {},
          .source = Source::kDynamic,
          .channel_factors = read_positives(view.at("channel_factors")),
          .readers = {}};
}

TensorPlan read_tensor(const JsonView& view) {
  const auto named = view.find("source");
  const Source source = named ? read_name(*named, kSources) : Source::kOwn;
  if (source == Source::kDerived) return read_bias(view);
  if (source == Source::kDynamic) return read_dynamic(view);
  view.allow({"value", "type", "scale", "zero_point", "axis", "block", "source", "group", "method",
              "readers", "channel_factors"});
  TensorPlan tensor{
      .value = view.at("value").text(), .params = read_params(view), .source = source};
  tensor.group = optional_text(view, "group");
  tensor.method = optional_text(view, "method");
  if (const auto readers = view.find("readers")) tensor.readers = read_readers(*readers);
  if (const auto factors = view.find("channel_factors")) {
    if (!tensor.params.per_tensor()) factors->fail_with("goes with a single scale only");
    tensor.channel_factors = read_positives(*factors);
  }
  return tensor;
}

void check_header(const JsonView& file, const std::string& expected_fingerprint) {
  if (file.at("format").text() != kFormat)
    file.at("format").fail_expected(fmt::format("\"{}\"", kFormat));
  if (const JsonView version = file.at("version"); version.json() != Json(kVersion))
    version.fail_expected(std::to_string(kVersion));
  file.allow({"format", "version", "model", "nodes", "tensors"});
  if (const std::string model = file.at("model").text(); model != expected_fingerprint)
    fail("the plan is for another model: it was made for {}, this one is {}", model,
         expected_fingerprint);
}

void read_nodes(const JsonView& list, QuantPlan& plan) {
  std::set<std::string> seen;
  for (const JsonView& view : list.elements()) {
    plan.nodes.push_back(read_node(view));
    if (const std::string& node = plan.nodes.back().node; !seen.insert(node).second)
      view.fail_with(fmt::format("node '{}' has an entry already", node));
  }
}

void read_tensors(const JsonView& list, QuantPlan& plan) {
  std::set<std::pair<std::string, std::string>> seen;  // value and reader
  for (const JsonView& view : list.elements()) {
    plan.tensors.push_back(read_tensor(view));
    const TensorPlan& tensor = plan.tensors.back();
    const auto add = [&](const std::string& reader) {
      if (!seen.emplace(tensor.value, reader).second)
        view.fail_with(fmt::format("value '{}' has an entry already{}", tensor.value,
                                   reader.empty() ? "" : " for reader '" + reader + "'"));
    };
    if (tensor.readers.empty()) add("");
    for (const std::string& reader : tensor.readers) add(reader);
  }
}

}  // namespace

std::string plan_json(const QuantPlan& plan, const std::string& fingerprint) {
  Json json = {{"format", std::string(kFormat)}, {"version", kVersion}, {"model", fingerprint}};
  json["nodes"] = Json::array();
  for (const NodePlan& node : plan.nodes) json["nodes"].push_back(node_json(node));
  json["tensors"] = Json::array();
  for (const TensorPlan& tensor : plan.tensors) json["tensors"].push_back(tensor_json(tensor));
  return json_text(json, 2);
}

QuantPlan parse_plan(std::string_view text, const std::string& expected_fingerprint) {
  const Json json = parse_json(text);
  const JsonView file(json);
  check_header(file, expected_fingerprint);
  QuantPlan plan;
  read_nodes(file.at("nodes"), plan);
  read_tensors(file.at("tensors"), plan);
  return plan;
}

}  // namespace qtool
