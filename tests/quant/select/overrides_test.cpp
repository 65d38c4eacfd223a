#include "quant/select/overrides.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "error_of.h"
#include "quant/type_names.h"
#include "temp_folder.h"

namespace qtool {
namespace {

constexpr const char* kYaml = R"(# comment
nodes:
  "op:Conv*": {mode: weight_only, weight_type: s4, block: 32}
  encoder/*:
    symmetric: true
    per_channel: false
    reduce_range: yes
    method: mse
tensors:
  logits: {type: u16, symmetric: true, range: [-1, 0.1]}
  "mask*": {scale: 0.02, zero_point: 128}
  head: {method: percentile, percentile: 99.9}
)";

constexpr const char* kJson = R"({
  "nodes": {
    "op:Conv*": {"mode": "weight_only", "weight_type": "int4", "block": 32},
    "encoder/*": {"symmetric": true, "per_channel": false, "reduce_range": true, "method": "mse"}},
  "tensors": {"logits": {"type": "uint16", "symmetric": true, "range": [-1, 0.1]},
              "mask*": {"scale": 0.02, "zero_point": 128},
              "head": {"method": "percentile", "percentile": 99.9}}})";

TEST_CASE("overrides are read in the order of the file, from YAML and from JSON") {
  const bool is_yaml = GENERATE(true, false);
  const Overrides all = parse_overrides(is_yaml ? kYaml : kJson, "o");
  REQUIRE(all.rules.size() == 2);
  const NodeRule& conv = all.rules[0];
  CHECK(conv.nodes == decltype(conv.nodes){"op:Conv*"});
  CHECK(conv.mode == Mode::kWeightOnly);
  CHECK(conv.weight_type == DType::kInt4);
  CHECK(conv.block == 32);
  CHECK_FALSE((conv.symmetric || conv.per_channel || conv.reduce_range || conv.method));
  CHECK(conv.origin == "o, line 3");
  const NodeRule& encoder = all.rules[1];
  CHECK(encoder.nodes == decltype(encoder.nodes){"encoder/*"});
  CHECK_FALSE((encoder.mode || encoder.weight_type || encoder.block));
  CHECK(encoder.symmetric == true);
  CHECK(encoder.per_channel == false);
  CHECK(encoder.reduce_range == true);
  CHECK(encoder.method == WeightMethod::kMse);
  CHECK(encoder.origin == "o, line 4");
  REQUIRE(all.tensor_rules.size() == 3);
  const TensorRule& logits = all.tensor_rules[0];
  CHECK(logits.values == "logits");
  CHECK(logits.dtype == DType::kUInt16);
  CHECK(logits.symmetric == true);
  CHECK(logits.min == -1.0f);
  CHECK(logits.max == 0.1f);
  CHECK_FALSE((logits.scale || logits.zero_point));
  CHECK(logits.origin == (is_yaml ? "o, line 10" : "o, line 5"));
  const TensorRule& mask = all.tensor_rules[1];
  CHECK(mask.scale == 0.02f);
  CHECK(mask.zero_point == 128);
  CHECK_FALSE((mask.dtype || mask.min || mask.max || mask.method));
  const TensorRule& head = all.tensor_rules[2];
  CHECK(head.method == RangeMethod::kPercentile);
  CHECK(head.parameter == std::pair(RangeMethod::kPercentile, 99.9));
}

TEST_CASE("what is wrong is named with file, line and key") {
  const std::string types = quant_type_names();
  const auto [text, message] = GENERATE_COPY(table<std::string, std::string>({
      {"", "o, line 1: expected one document"},
      {"nodes: {}\n---\ntensors: {}", "o, line 1: expected one document"},
      {"{\"nodes\": {}}, {}", "o, line 1: expected one document"},
      {"# nothing", "o, line 1: expected one document"},
      {"- 1", "o, line 1: expected a map"},
      {"nodes:\n  a: {mode: static", "o, line 2: not YAML: end of map flow not found"},
      {"\nnode: {}", "o, line 2: node: unknown key; there are nodes and tensors"},
      {"nodes:", "o, line 1: nodes: expected a map"},
      {"nodes: [a]", "o, line 1: nodes: expected a map"},
      {"nodes: {[a]: 1}", "o, line 1: nodes: expected a single value"},
      {"nodes:\n  a: {}", "o, line 2: nodes: a: says nothing"},
      {"nodes:\n  a: {mode: float}\n  b: {mode: float}\n  a: {mode: static}",
       "o, line 4: nodes: a: stands in line 2 too"},
      {"nodes:\n  a: {mode: static,\n      mode: float}",
       "o, line 3: nodes: a: mode: stands in line 2 too"},
      {"nodes:\n  a:\n    mode: static\n    blok: 32",
       "o, line 4: nodes: a: blok: unknown key; did you mean 'block'?"},
      {"nodes: {a: {mode: fast}}",
       "o, line 1: nodes: a: mode: expected one of float, static, dynamic, "
       "weight_only, float16, got 'fast'"},
      {"nodes: {a: {mode: [static]}}", "o, line 1: nodes: a: mode: expected a single value"},
      {"nodes: {a: {weight_type: s7}}",
       "o, line 1: nodes: a: weight_type: expected one of " + types + ", got 's7'"},
      {"nodes: {a: {method: best}}",
       "o, line 1: nodes: a: method: expected one of minmax, mse, percentile, hqq, got 'best'"},
      {"nodes: {a: {block: -1}}",
       "o, line 1: nodes: a: block: expected the number of elements in a block, or 0, got -1"},
      {"nodes: {a: {block: 1.5}}",
       "o, line 1: nodes: a: block: expected a whole number, got '1.5'"},
      {"nodes: {a: {symmetric: 2}}",
       "o, line 1: nodes: a: symmetric: expected true or false, got '2'"},
      {"nodes:\n  a:\n    mode: float\n    block: 8",
       "o, line 2: nodes: a: weights of mode float do not become integers"},
      {"tensors: {a: {range: [1]}}", "o, line 1: tensors: a: range: expected [smallest, largest]"},
      {"tensors: {a: {range: [1, -1]}}",
       "o, line 1: tensors: a: range: the range [1, -1] is empty"},
      {"tensors: {a: {range: [0, .inf]}}",
       "o, line 1: tensors: a: range: expected a finite number, got '.inf'"},
      {"tensors: {a: {range: [0, x]}}", "o, line 1: tensors: a: range: expected a number, got 'x'"},
      {"tensors: {a: {scale: 0, zero_point: 0}}",
       "o, line 1: tensors: a: scale: expected a positive number, got 0"},
      {"tensors: {a: {scale: 1}}", "o, line 1: tensors: a: scale and zero_point go together"},
      {"tensors: {a: {zero_point: 1}}", "o, line 1: tensors: a: scale and zero_point go together"},
      {"tensors: {a: {scale: 1, zero_point: 0, symmetric: true}}",
       "o, line 1: tensors: a: scale and zero_point leave nothing to range and symmetric"},
      {"tensors: {a: {scale: 1, zero_point: 0, range: [0, 1]}}",
       "o, line 1: tensors: a: scale and zero_point leave nothing to range and symmetric"},
      {"tensors: {a: {method: best}}",
       "o, line 1: tensors: a: method: expected one of " + range_method_names() + ", got 'best'"},
      {"tensors: {a: {method: mse, range: [0, 1]}}",
       "o, line 1: tensors: a: a range that is given leaves nothing to method"},
      {"tensors: {a: {percentile: 99}}",
       "o, line 1: tensors: a: has a number of method percentile: say method: percentile too"},
      {"tensors: {a: {method: mse, deviations: 3}}",
       "o, line 1: tensors: a: has a number of method deviation: say method: deviation too"},
      {"tensors: {a: {method: percentile, percentile: 101}}",
       "o, line 1: tensors: a: percentile: expected a number from 50 to 100, got '101'"},
      {"tensors: {a: {type: s8, scale: 1, zero_point: 128}}",
       "o, line 1: tensors: a: zero_point 128 does not fit type int8"},
  }));
  CHECK(error_of([&] { parse_overrides(text, "o"); }) == message);
}

TEST_CASE("overrides come from a file") {
  const TempFolder folder;
  const auto path = folder.write("o.yaml", kYaml);
  CHECK(read_overrides(path).rules.size() == 2);
  CHECK(error_of([&] { read_overrides(folder / "none.yaml"); }).find("none.yaml") !=
        std::string::npos);
}

}  // namespace
}  // namespace qtool
