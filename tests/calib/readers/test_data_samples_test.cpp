#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "calib/readers/reader.h"
#include "calib/readers/sample_graph.h"
#include "error_of.h"
#include "npy_bytes.h"
#include "temp_folder.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

namespace {

// A TensorProto of float32: dims (field 1), data_type 1 (field 2), raw_data (field 9).
std::string tensor_proto(const std::vector<char>& dims, const std::vector<float>& values) {
  std::string bytes;
  for (const char dim : dims) bytes += {'\x08', dim};
  const std::string data = bytes_of(values);
  return bytes + "\x10\x01\x4a" + static_cast<char>(data.size()) + data;
}

Graph two_floats() {
  return graph_with({{"x", DType::kFloat32, {-1, 2}}, {"y", DType::kFloat32, {1}}});
}

}  // namespace

TEST_CASE("a test data set is one sample, as it is") {
  const TempFolder folder;
  folder.write("input_0.pb", tensor_proto({2, 2}, {1, 2, 3, 4}));
  folder.write("input_1.pb", tensor_proto({1}, {5}));
  folder.write("output_0.pb", "");
  const SampleReader samples(two_floats(), folder.path());
  REQUIRE(samples.count() == 1);
  CHECK(samples.read(0) == TensorMap{{"x", Tensor::of<float>({2, 2}, {1, 2, 3, 4})},
                                     {"y", Tensor::of<float>({1}, {5})}});
}

TEST_CASE("test data sets come in the order of their numbers, of different shapes") {
  const TempFolder folder;
  for (const char number : {2, 9, 10}) {
    const std::string set = "test_data_set_" + std::to_string(number) + "/";
    folder.write(set + "input_0.pb", tensor_proto({1, number}, std::vector<float>(number, number)));
  }
  folder.write("test_data_set_notes", "no folder");
  const SampleReader samples(one_input(DType::kFloat32, {1, -1}), folder.path());
  REQUIRE(samples.count() == 3);
  for (const auto& [index, number] : {std::pair{0, 2}, {1, 9}, {2, 10}})
    CHECK(samples.read(index).at("x").shape() == Shape{1, number});
  CHECK(SampleReader(one_input(DType::kFloat32, {1, -1}), folder.path(), {.max_samples = 2})
            .count() == 2);
}

TEST_CASE("a test data set that does not fit the model is refused") {
  const TempFolder folder;
  const auto read = [&](const Graph& graph, const ReaderOptions& options = {}) {
    return error_of([&] { SampleReader(graph, folder.path(), options).read(0); });
  };
  folder.write("input_0.pb", tensor_proto({1, 2}, {1, 2}));
  CHECK_THAT(read(two_floats()), ContainsSubstring("input_1.pb"));
  CHECK_THAT(read(one_input(DType::kFloat32, {1, 3})),
             ContainsSubstring("input_0.pb: input 'x': expected shape [1, 3], got [1, 2]"));
  CHECK_THAT(read(one_input(DType::kInt64)), ContainsSubstring("expected int64, got float32"));
  CHECK_THAT(read(one_input(), {Normalization{.scale = 2}}), ContainsSubstring("--scale"));
  folder.write("input_1.pb", "no message");
  CHECK_THAT(read(one_input()), ContainsSubstring("input_1.pb: the model has only 1 inputs"));
  CHECK_THAT(read(two_floats()), ContainsSubstring("input_1.pb: is no TensorProto"));
  folder.write("input_0.pb", tensor_proto({1, 2}, {1, NAN}));
  CHECK_THAT(read(two_floats()), ContainsSubstring("input_0.pb: input 'x': holds NaN or Inf"));
}
