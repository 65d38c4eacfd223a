#include "runtime/inputs.h"

#include <catch2/catch_test_macros.hpp>

#include "error_of.h"
#include "runtime/executor.h"

using namespace qtool;

namespace {

// Takes 'image' float32 [batch, 3, ?] and 'size' int64 []; 'w' is an initializer that the file
// lists as an input, as IR version 3 does.
Graph example() {
  Graph graph;
  const ValueType image{DType::kFloat32, {{{-1, "batch"}, {3, ""}, {-1, ""}}}};
  graph.add_input(graph.add_value("image", image));
  graph.add_input(graph.add_constant("w", Constant(Tensor::scalar<float>(1))));
  graph.add_input(graph.add_value("size", tensor_type(DType::kInt64, {})));
  return graph;
}

TensorMap feed() {
  return {{"image", Tensor(DType::kFloat32, {2, 3, 5})}, {"size", Tensor::scalar<int64_t>(4)}};
}

std::string error_of_feed(const TensorMap& feed) {
  return error_of([&] { check_feed(example(), DatumMap(feed.begin(), feed.end())); });
}

}  // namespace

TEST_CASE("inputs with an initializer need no data") {
  const Graph graph = example();
  CHECK(required_inputs(graph) == std::vector<ValueId>{graph.find("image"), graph.find("size")});
}

TEST_CASE("a feed of the right types and shapes passes") {
  CHECK(error_of_feed(feed()) == "no error");
}

TEST_CASE("a feed that does not match is told by input") {
  TensorMap missing = feed(), type = feed(), rank = feed(), dim = feed(), unknown = feed();
  missing.erase("size");
  CHECK(error_of_feed(missing) == "input 'size' is missing");
  type["size"] = Tensor::scalar<int32_t>(4);
  CHECK(error_of_feed(type) == "input 'size': takes int64, got int32");
  rank["image"] = Tensor(DType::kFloat32, {3, 5});
  CHECK(error_of_feed(rank) == "input 'image': takes shape [batch, 3, ?], got [3, 5]");
  dim["image"] = Tensor(DType::kFloat32, {2, 4, 5});
  CHECK(error_of_feed(dim) == "input 'image': takes shape [batch, 3, ?], got [2, 4, 5]");
  unknown["w"] = Tensor::scalar<float>(2);
  CHECK(error_of_feed(unknown) == "'w' is no input of the model; it takes image, size");
}
