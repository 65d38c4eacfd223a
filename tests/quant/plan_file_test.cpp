#include "quant/plan_file.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

#include "base/json.h"
#include "error_of.h"
#include "quant/type_names.h"
#include "tensor/quant_params.h"

namespace qtool {
namespace {

const std::string kModel = "0123abcd";

QuantPlan every_kind() {
  QuantPlan plan;
  plan.nodes = {{"conv1", "Conv", Mode::kStatic, ""},
                {"a \"quoted\"\nname", "com.microsoft.FusedConv", Mode::kWeightOnly, "because…"},
                {"lstm", "LSTM", Mode::kDynamic, ""},
                {"soft", "Softmax", Mode::kFloat, "it reads nothing quantized"},
                {.node = "half", .op_type = "Gemm", .mode = Mode::kFloat16, .note = "a note"},
                {"clip", "Clip", Mode::kStatic, "", true}};
  plan.tensors.push_back({.value = "x",
                          .params = {DType::kUInt8, {0.1f}, {128}},
                          .source = Source::kShared,
                          .group = "y",
                          .method = "percentile 99.9",
                          .channel_factors = {0.25f, 1.0f}});
  plan.tensors.push_back({.value = "w",
                          .params = {DType::kInt8, {1.0f / 3, 2e-20f}, {0, 0}, 0},
                          .readers = {"conv1", "lstm"}});
  plan.tensors.push_back(
      {.value = "w",
       .params = {DType::kUInt4, {std::numeric_limits<float>::denorm_min(), 3e38f}, {7, 15}, 1, 32},
       .readers = {"half"}});
  plan.tensors.push_back(
      {.value = "b", .params = {}, .source = Source::kDerived, .readers = {"conv1"}});
  plan.tensors.push_back({.value = "e", .params = {DType::kFloat8E4M3FN, {2.0f}, {0}}});
  return plan;
}

TEST_CASE("a plan is a line for each node and tensor") {
  const std::string text = plan_json(every_kind(), kModel);
  CHECK(
      text.find("{\n  \"format\": \"qtool-plan\",\n  \"version\": 1,\n  \"model\": \"0123abcd\",\n"
                "  \"nodes\": [\n"
                "    {\"node\": \"conv1\", \"op_type\": \"Conv\", \"mode\": \"static\"},\n") == 0);
  CHECK(text.find("    {\"value\": \"w\", \"type\": \"int8\", \"scale\": [0.33333334, 2e-20], "
                  "\"zero_point\": 0, \"axis\": 0, \"source\": \"own\", "
                  "\"readers\": [\"conv1\", \"lstm\"]},\n") != std::string::npos);
  CHECK(plan_json({}, "").find("\"nodes\": [],\n  \"tensors\": []\n}\n") != std::string::npos);
}

TEST_CASE("a plan comes back from its file bit for bit") {
  const QuantPlan before = every_kind();
  const QuantPlan after = parse_plan(plan_json(before, kModel), kModel);
  REQUIRE(after.nodes.size() == before.nodes.size());
  for (std::size_t i = 0; i < before.nodes.size(); ++i) {
    CHECK(after.nodes[i].node == before.nodes[i].node);
    CHECK(after.nodes[i].op_type == before.nodes[i].op_type);
    CHECK(after.nodes[i].mode == before.nodes[i].mode);
    CHECK(after.nodes[i].reason == before.nodes[i].reason);
    CHECK(after.nodes[i].absorbed == before.nodes[i].absorbed);
    CHECK(after.nodes[i].note == before.nodes[i].note);
  }
  REQUIRE(after.tensors.size() == before.tensors.size());
  for (std::size_t i = 0; i < before.tensors.size(); ++i) {
    CHECK(after.tensors[i].value == before.tensors[i].value);
    CHECK(after.tensors[i].params == before.tensors[i].params);
    CHECK(after.tensors[i].source == before.tensors[i].source);
    CHECK(after.tensors[i].method == before.tensors[i].method);
    CHECK(after.tensors[i].group == before.tensors[i].group);
    CHECK(after.tensors[i].channel_factors == before.tensors[i].channel_factors);
    CHECK(after.tensors[i].readers == before.tensors[i].readers);
  }
}

TEST_CASE("numbers that JSON lacks are refused") {
  QuantPlan bad = every_kind();
  bad.tensors[0].params.scale[0] = std::numeric_limits<float>::infinity();
  CHECK(error_of([&] { plan_json(bad, kModel); }) == "inf cannot be written as JSON");
}

// A plan with one node and one tensor, some of whose text is replaced.
std::string error_after(const std::string& from, const std::string& to) {
  std::string text = R"({"format": "qtool-plan", "version": 1, "model": "0123abcd",
"nodes": [{"node": "conv1", "mode": "static"}],
"tensors": [{"value": "w", "type": "s8", "scale": [0.5, 0.25], "zero_point": [0, 0], "axis": 0}]})";
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  return error_of([&] { parse_plan(text, kModel); });
}

TEST_CASE("what an edit got wrong is named with its place") {
  CHECK(error_after("s8", "int8") == "no error");
  const auto [from, to, message] = GENERATE(table<std::string, std::string, std::string>({
      {"\"axis\": 0}]", "\"axis\": 0}",
       "not JSON: parse error at line 3, column 96: "
       "syntax error while parsing array - unexpected '}'; expected ']'"},
      {"qtool-plan", "qplan", "format: expected \"qtool-plan\", got \"qplan\""},
      {"\"version\": 1", "\"version\": 2", "version: expected 1, got 2"},
      {"\"format\": \"qtool-plan\", ", "", "has no field 'format'"},
      {"0123abcd", "ffff",
       "the plan is for another model: it was made for ffff, this one is 0123abcd"},
      {"tensors", "tensor", "unknown field 'tensor'; did you mean 'tensors'?"},
      {"\"mode\": \"static\"", "\"raeson\": \"static\"",
       "nodes[0]: unknown field 'raeson'; did you mean 'reason'?"},
      {"\"static\"", "\"statik\"",
       "nodes[0].mode: expected one of static, dynamic, weight_only, float16, float, got "
       "\"statik\""},
      {"\"static\"", "1", "nodes[0].mode: expected a text, got 1"},
      {"{\"node\": \"conv1\", \"mode\": \"static\"}", "7", "nodes[0]: expected an object, got 7"},
      {"[{\"node\"", "[{\"node\": \"conv1\", \"mode\": \"float\"}, {\"node\"",
       "nodes[1]: node 'conv1' has an entry already"},
      {"\"s8\"", "\"s7\"",
       "tensors[0].type: expected one of " + quant_type_names() + ", got \"s7\""},
      {"[0.5, 0.25]", "-1", "tensors[0].scale: expected a list, got -1"},
      {"[0.5, 0.25]", "[0.5, -1]", "tensors[0].scale[1]: expected a positive number, got -1"},
      {"[0.5, 0.25]", "[0.5, 0]", "tensors[0].scale[1]: expected a positive number, got 0"},
      {"[0.5, 0.25]", "[]", "tensors[0].scale: expected a list of positive numbers, got []"},
      {"[0, 0]", "[0]", "tensors[0].zero_point: has 1 zero points for 2 scales"},
      {"[0, 0]", "[0, 128]",
       "tensors[0].zero_point[1]: expected a whole number from -128 to 127, got 128"},
      {"[0, 0]", "0.5", "tensors[0].zero_point: expected a whole number from -128 to 127, got 0.5"},
      {", \"axis\": 0", "", "tensors[0].scale: is a list, which needs the field 'axis' beside it"},
      {"\"axis\": 0", "\"axis\": -1",
       "tensors[0].axis: expected a whole number from 0 to 2147483647, got -1"},
      {"\"axis\": 0", "\"block\": 8", "tensors[0].block: needs the field 'axis' beside it"},
      {"\"axis\": 0", "\"axis\": 0, \"axis\": 1", "key 'axis' stands twice in one object"},
      {"\"axis\": 0", "\"axis\": 0, \"source\": \"mine\"",
       "tensors[0].source: expected one of own, shared, derived, dynamic, got \"mine\""},
      {"\"axis\": 0", "\"axis\": 0, \"channel_factors\": [1]",
       "tensors[0].channel_factors: goes with a single scale only"},
      {"\"axis\": 0", "\"axis\": 0, \"readers\": [\"a\", \"a\"]",
       "tensors[0]: value 'w' has an entry already for reader 'a'"},
      {"\"axis\": 0}",
       "\"axis\": 0}, {\"value\": \"w\", \"type\": \"s8\", \"scale\": 1, \"zero_point\": 0}",
       "tensors[1]: value 'w' has an entry already"},
      {"\"axis\": 0", "\"source\": \"derived\"", "tensors[0]: unknown field 'type'"},
      {"\"type\": \"s8\", \"scale\": [0.5, 0.25], \"zero_point\": [0, 0], \"axis\": 0",
       "\"source\": \"derived\", \"readers\": []",
       "tensors[0].readers: expected a list of nodes, got []"},
      {"\"axis\": 0", "\"axi\": 0", "tensors[0]: unknown field 'axi'; did you mean 'axis'?"},
  }));
  CHECK(error_after(from, to) == message);
}

// Whether JSON satisfies a schema, for the keywords that docs/plan.schema.json uses.
class Schema {
 public:
  explicit Schema(Json root) : root_(std::move(root)) {}
  bool accepts(const Json& json) const { return accepts(json, root_); }
  const Json& definition(const std::string& name) const { return root_.at("$defs").at(name); }

 private:
  bool accepts(const Json& json, const Json& schema) const {
    for (const auto& [keyword, value] : schema.items())
      if (!accepts(json, keyword, value, schema)) return false;
    return true;
  }
  bool accepts(const Json& json, const std::string& keyword, const Json& value,
               const Json& schema) const {
    if (keyword == "$schema" || keyword == "title" || keyword == "description" ||
        keyword == "$defs")
      return true;
    if (keyword == "$ref")
      return accepts(json, definition(value.get<std::string>().substr(8)));  // "#/$defs/…"
    if (keyword == "type") return is_of_type(json, value);
    if (keyword == "const") return json == value;
    if (keyword == "enum") return std::find(value.begin(), value.end(), json) != value.end();
    if (keyword == "oneOf")
      return std::count_if(value.begin(), value.end(),
                           [&](const Json& each) { return accepts(json, each); }) == 1;
    if (keyword == "minimum") return json.get<double>() >= value.get<double>();
    if (keyword == "exclusiveMinimum") return json.get<double>() > value.get<double>();
    if (keyword == "minItems") return json.size() >= value.get<std::size_t>();
    if (keyword == "items")
      return std::all_of(json.begin(), json.end(),
                         [&](const Json& each) { return accepts(each, value); });
    if (keyword == "required") return has_all(json, value);
    if (keyword == "dependentRequired") {
      for (const auto& [field, others] : value.items())
        if (json.contains(field) && !has_all(json, others)) return false;
      return true;
    }
    if (keyword == "properties") {
      for (const auto& [field, of] : value.items())
        if (json.contains(field) && !accepts(json.at(field), of)) return false;
      return true;
    }
    if (keyword == "additionalProperties") {
      REQUIRE(value == Json(false));
      for (const auto& [field, unused] : json.items())
        if (!schema.at("properties").contains(field)) return false;
      return true;
    }
    FAIL("unknown keyword " << keyword);
    return false;
  }
  static bool is_of_type(const Json& json, const Json& type) {
    return (type == "object" && json.is_object()) || (type == "array" && json.is_array()) ||
           (type == "string" && json.is_string()) || (type == "boolean" && json.is_boolean()) ||
           (type == "number" && json.is_number()) ||
           (type == "integer" && json.is_number_integer());
  }
  static bool has_all(const Json& json, const Json& fields) {
    return std::all_of(fields.begin(), fields.end(),
                       [&](const Json& field) { return json.contains(field.get<std::string>()); });
  }

  Json root_;
};

Schema schema() {
  std::ostringstream text;
  text << std::ifstream(std::string(QTOOL_SOURCE_DIR) + "/docs/plan.schema.json").rdbuf();
  return Schema(parse_json(text.str()));
}

TEST_CASE("a written plan satisfies the schema, and the schema knows every field") {
  const Json json = parse_json(plan_json(every_kind(), kModel));
  CHECK(schema().accepts(json));
  std::set<std::string> fields;
  for (const Json& tensor : json.at("tensors"))
    for (const auto& [field, value] : tensor.items()) fields.insert(field);
  CHECK(fields.size() == schema().definition("tensor").at("properties").size());
}

TEST_CASE("the schema and parse_plan know the same names") {
  const Json properties = schema().definition("tensor").at("properties");
  for (const Json& type : properties.at("type").at("enum"))
    CHECK(find_quant_type(type.get<std::string>()));
  CHECK(properties.at("type").at("enum").size() == 20);  // a short and a full name for ten types
  const Json modes = schema().definition("node").at("properties").at("mode").at("enum");
  CHECK(modes.size() == 5);
  for (const Json& mode : modes) CHECK(find_mode(mode.get<std::string>()));
}

TEST_CASE("the schema and parse_plan refuse the same edits") {
  const auto [pointer, value] = GENERATE(table<std::string, std::string>({
      {"/version", "2"},
      {"/more", "1"},
      {"/nodes/0/mode", "\"fast\""},
      {"/nodes/0/why", "\"\""},
      {"/nodes/0/absorbed", "1"},
      {"/tensors/0/scale", "0"},
      {"/tensors/0/scale", "[]"},
      {"/tensors/0/type", "\"float32\""},
      {"/tensors/0/zero_point", "0.5"},
      {"/tensors/0/block", "8"},
      {"/tensors/1/axis", "-1"},
      {"/tensors/1/scale", "[1, -1]"},
      {"/tensors/1/source", "\"mine\""},
  }));
  Json json = parse_json(plan_json(every_kind(), kModel));
  CHECK(schema().accepts(json));
  json[Json::json_pointer(pointer)] = parse_json(value);
  CHECK_FALSE(schema().accepts(json));
  CHECK(error_of([&] { parse_plan(json.dump(), kModel); }) != "no error");
}

TEST_CASE("types have a short and a full name") {
  CHECK(find_quant_type("u8") == DType::kUInt8);
  CHECK(find_quant_type("int16") == DType::kInt16);
  CHECK(find_quant_type("s4") == DType::kInt4);
  CHECK(find_quant_type("float8e5m2") == DType::kFloat8E5M2);
  CHECK_FALSE(find_quant_type("float32"));
  CHECK_FALSE(find_quant_type(""));
}

}  // namespace
}  // namespace qtool
