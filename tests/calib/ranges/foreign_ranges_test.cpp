#include "calib/ranges/foreign_ranges.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "calib/ranges/ranges_file.h"
#include "error_of.h"
#include "ir/text.h"
#include "temp_folder.h"

namespace qtool {
namespace {

const Graph& graph() {
  static const Model model = parse_text(R"(model ir 8 opset 13
graph net
input x: float32[N, 2]
const w: float32[2, 2] = 1.0
const k: float32[2, 2] = 2.0
c: float32[N, 2] = MatMul(x, w) "first"
y: float32[N, 2] = Relu(c)
z: float32[N, 2] = MatMul(y, k) "second"
output z
)");
  return model.graph;
}

Ranges read(const std::string& text) {
  const TempFolder folder;
  return read_foreign_ranges(folder.write("ranges", text), graph());
}

// The message without the folder in front.
std::string error_of_reading(const std::string& text) {
  const std::string message = error_of([&] { read(text); });
  const std::size_t at = message.find("/ranges: ");
  return at == std::string::npos ? message : message.substr(at + 9);
}

using Values = std::map<std::string, Range>;
using Channels = std::map<std::string, std::vector<Range>>;

// tests/interop/make_ranges.py wrote them, with samples x = [1.5, −2.25] and [0.1, 0.75], c = −x,
// y = max(c, 0).
TEST_CASE("ranges that onnxruntime measured are read") {
  const std::string folder = std::string(QTOOL_SOURCE_DIR) + "/tests/calib/ranges/onnxruntime_";
  const Values whole = {{"x", {-2.25, 1.5}}, {"c", {-1.5, 2.25}}, {"y", {0, 2.25}}};
  const Ranges minmax = read_foreign_ranges(folder + "minmax.json", graph());
  CHECK(minmax.values == whole);
  CHECK(minmax.channels.empty());
  const Ranges per_channel = read_foreign_ranges(folder + "per_channel.json", graph());
  CHECK(per_channel.values == whole);
  CHECK(per_channel.channels == Channels{{"x", {{0.1f, 1.5f}, {-2.25f, 0.75f}}},
                                         {"c", {{-1.5f, -0.1f}, {-0.75f, 2.25f}}},
                                         {"y", {{0, 0}, {0, 2.25f}}}});
  // Its percentiles are the middles of bins of a histogram, some of them numbers without an array.
  const Ranges percentile = read_foreign_ranges(folder + "percentile.json", graph());
  CHECK(percentile.values.at("y") == Range{0, 1.96875f});
  CHECK(percentile.values.at("x") == Range{-1.9812501668930054f, 1.5f});
}

TEST_CASE("onnxruntime's TensorData may stand without TensorsData around them") {
  const Ranges ranges = read(R"({"x": {"CLS": "TensorData", "lowest": -1, "highest": 2.5}})");
  CHECK(ranges.values == Values{{"x", {-1, 2.5}}});
}

// real = (q + offset) · scale for q = 0 … 2^bits − 1.
TEST_CASE("AIMET's encodings are read in both forms") {
  const Ranges before = read(R"({"version": "0.6.1", "activation_encodings": {
    "x": [{"bitwidth": 8, "dtype": "int", "is_symmetric": "False", "min": -1.5, "max": 2.25,
           "offset": -102, "scale": 0.0147}],
    "c": [{"bitwidth": 4, "is_symmetric": "True", "offset": -8, "scale": 0.5},
          {"bitwidth": 4, "is_symmetric": "True", "offset": -8, "scale": 0.25}],
    "y": [{"bitwidth": 16, "dtype": "float"}]}, "param_encodings": {}})");
  CHECK(before.values == Values{{"x", {-1.5, 2.25}}, {"c", {-4, 3.5}}});
  CHECK(before.channels == Channels{{"c", {{-4, 3.5}, {-2, 1.75}}}});

  const Ranges after = read(R"({"version": "1.0.0", "activation_encodings": [
    {"name": "x", "bw": 8, "dtype": "INT", "enc_type": "PER_TENSOR", "is_sym": false,
     "offset": [-100.0], "scale": [0.5]},
    {"name": "c", "bw": 16, "dtype": "INT", "enc_type": "PER_CHANNEL", "is_sym": true,
     "offset": [-32768, -32768], "scale": [0.5, 0.25]},
    {"name": "y", "bw": 16, "dtype": "FLOAT", "enc_type": "PER_TENSOR"}], "param_encodings": []})");
  CHECK(after.values == Values{{"x", {-50, 77.5}}, {"c", {-16384, 16383.5}}});
  CHECK(after.channels == Channels{{"c", {{-16384, 16383.5}, {-8192, 8191.75}}}});
}

TEST_CASE("ncnn's table gives what layers read") {
  const Ranges ranges = read("first_param_0 12.5 13.0 \nfirst 63.5 \nz inf\n#second 1\n\n");
  CHECK(ranges.values == Values{{"x", {-2, 2}}, {"y", {0, 0}}});
  CHECK(read("first 127 254\r\n").values == Values{{"x", {-1, 1}}});
  CHECK(read("second 127\nz 31.75\n").values == Values{{"y", {0, 4}}});  // both are one node
}

TEST_CASE("a range behind a Clip is cut to what that leaves") {
  const TempFolder folder;
  const Model model = parse_text(R"(model ir 8 opset 14
graph net
input x: float32[1, 2, 4]
const low: float32[] = -1
const high: float32[] = 6
c: float32[1, 2, 4] = Clip(x, low, high)
p: float32[1, 2, 2] = MaxPool(c) {kernel_shape=[2], strides=[2]}
n: float32[1, 2, 2] = Neg(p)
output n
)");
  const auto path = folder.write("ranges", R"({"activation_encodings": {
    "x": [{"min": -9, "max": 9}], "n": [{"min": -9, "max": 9}],
    "c": [{"min": -9, "max": 9}, {"min": -3, "max": 3}], "p": [{"min": 7, "max": 9}]}})");
  const Ranges ranges = read_foreign_ranges(path, model.graph);
  CHECK(ranges.values == Values{{"x", {-9, 9}}, {"n", {-9, 9}}, {"c", {-1, 6}}, {"p", {6, 6}}});
  CHECK(ranges.channels == Channels{{"c", {{-1, 6}, {-1, 3}}}});
}

TEST_CASE("our ranges come back bit for bit") {
  const Ranges ranges{{{"x", {-0.1f, 1e-30f}}, {"c", {0, 3.4e38f}}},
                      {{"x", {{-0.1f, 0}, {1.0f / 3, 2}}}},
                      {{"x", {0.1f, -2}}},
                      {{"c", "percentile 99.9"}}};
  const std::string text = ranges_json(ranges);
  CHECK(text ==
        "{\n"
        "  \"format\": \"qtool-ranges\",\n"
        "  \"version\": 1,\n"
        "  \"values\": {\n"
        "    \"c\": [0.0, 3.4e+38],\n"
        "    \"x\": [-0.1, 1e-30]\n"
        "  },\n"
        "  \"channels\": {\n"
        "    \"x\": [[-0.1, 0.0], [0.33333334, 2.0]]\n"
        "  },\n"
        "  \"means\": {\n"
        "    \"x\": [0.1, -2.0]\n"
        "  },\n"
        "  \"methods\": {\n"
        "    \"c\": \"percentile 99.9\"\n"
        "  }\n"
        "}\n");
  const Ranges back = read(text);
  CHECK(back.values == ranges.values);
  CHECK(back.channels == ranges.channels);
  CHECK(back.means == ranges.means);
  CHECK(back.methods == ranges.methods);
  CHECK(error_of([] {
          ranges_json({{{"x", {0, INFINITY}}}, {}});
        }) == "inf cannot be written as JSON");
}

TEST_CASE("given ranges stand in place of measured ones, with their channels") {
  const std::vector<Range> two = {{0, 1}, {1, 2}}, others = {{-1, 1}, {0, 0}};
  Ranges ranges{{{"a", {0, 1}}, {"b", {0, 2}}, {"c", {0, 2}}}, {{"b", two}, {"c", two}}};
  ranges.means = {{"a", {1}}, {"b", {1}}};
  replace_ranges(ranges,
                 {{{"b", {-1, 1}}, {"c", {0, 3}}, {"d", {0, 4}}}, {{"b", others}}, {{"b", {2}}}});
  CHECK(ranges.means == std::map<std::string, std::vector<float>>{{"a", {1}}, {"b", {2}}});
  CHECK(ranges.values == Values{{"a", {0, 1}}, {"b", {-1, 1}}, {"c", {0, 3}}, {"d", {0, 4}}});
  CHECK(ranges.channels == Channels{{"b", others}});
}

TEST_CASE("what is no file of ranges is refused, with the reason") {
  const std::string expected =
      "holds no ranges: expected those of qtool, onnxruntime's calibration cache, AIMET's "
      "encodings or "
      "ncnn's table";
  const auto [text, message] = GENERATE_COPY(table<std::string, std::string>({
      {"", "is empty"},
      {" \n", "is empty"},
      {"{}", expected},
      {"[1, 2]", expected},
      {R"({"x": 1})", expected},
      {"# nothing\n", "has no range of an activation"},
      {"first\n", "line 1: expected a layer's name and its scales"},
      {"\nfirst -3\n", "line 2: expected a positive scale, got '-3'"},
      {"first 3x\n", "line 1: expected a positive scale, got '3x'"},
      {"first nan\n", "line 1: expected a positive scale, got 'nan'"},
      {"fist 3\n", "line 1: the model has no node 'fist'; did you mean 'first'?"},
      {R"({"CLS": "TensorsData"})", "has no field 'data'"},
      {R"({"CLS": "TensorsData", "data": {"x": {"lowest": 1}}})", "data.x: has no field 'highest'"},
      {R"({"CLS": "TensorsData", "data": {"x": {"lowest": 1, "highest": []}}})",
       "data.x: has 1 lowest and 0 highest numbers"},
      {R"({"CLS": "TensorsData", "data": {"x": {"lowest": 1, "highest": 0}}})",
       "value 'x': [1, 0] is no range"},
      {R"({"CLS": "TensorsData", "data": {"x": {"lowest": "1", "highest": 0}}})",
       "data.x.lowest: expected a number, got \"1\""},
      {R"({"CLS": "TensorsData", "data": {"xx": {"lowest": 0, "highest": 1}}})",
       "has ranges for 1 values, none of them in the model: 'xx'"},
      {R"({"activation_encodings": {"x": [{"bitwidth": 40, "offset": 0, "scale": 1}]}})",
       "activation_encodings.x[0].bitwidth: expected a whole number from 2 to 32, got 40"},
      {R"({"activation_encodings": [{"name": "x", "bw": 8, "offset": [], "scale": [1]}]})",
       "activation_encodings[0]: has 1 scales and 0 offsets"},
      {R"({"version": "2.0.0", "encodings": []})", "version: expected one below 2, got \"2.0.0\""},
      {R"({"format": "qtool-ranges", "version": 2})",
       "version: expected a whole number from 1 to 1, got 2"},
      {R"({"format": "qtool-ranges", "version": 1, "values": {"x": [2, 1]}})",
       "values.x: expected [smallest, largest], got [2,1]"},
      {R"({"format": "qtool-ranges", "version": 1, "values": {}, "chanels": {}})",
       "unknown field 'chanels'; did you mean 'channels'?"},
      {R"({"format": "qtool-ranges", "version": 1, "values": {"x)",
       "not JSON: parse error at line 1, column 55: syntax error while parsing object key - "
       "invalid "
       "string: missing closing quote; last read: '\"x'; expected string literal"},
  }));
  CHECK(error_of_reading(text) == message);
}

}  // namespace
}  // namespace qtool
