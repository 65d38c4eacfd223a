#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstring>

#include "onnx_io/build_model.h"
#include "onnx_io/identity.h"

namespace qtool {
namespace {

using Proto = onnx::TensorProto;

// A model whose one initializer, "w", is `tensor`.
onnx::ModelProto model_with(Proto tensor) {
  onnx::ModelProto model = model_of("g (float[1] x) => (float[1] y) { y = Relu(x) }");
  tensor.set_name("w");
  *model.mutable_graph()->add_initializer() = std::move(tensor);
  return model;
}

Proto tensor_of(Proto::DataType type, std::initializer_list<int64_t> dims) {
  Proto tensor;
  tensor.set_data_type(type);
  for (const int64_t dim : dims) tensor.add_dims(dim);
  return tensor;
}

// The imported initializer, after a check that it is written back as it was.
Tensor import(const Proto& tensor) {
  const onnx::ModelProto model = model_with(tensor);
  CHECK(round_trip_difference(model.SerializeAsString()) == "");
  const Graph graph = parse(model).graph;
  const Tensor* constant = graph.constant(graph.find("w"));
  REQUIRE(constant != nullptr);
  return *constant;
}

std::vector<int> bytes_of(const Tensor& tensor) {
  const auto* data = static_cast<const uint8_t*>(tensor.raw());
  return {data, data + tensor.bytes()};
}

TEST_CASE("typed data of 32 and 64 bits") {
  Proto floats = tensor_of(Proto::FLOAT, {2});
  floats.add_float_data(1.5F);
  floats.add_float_data(-2);
  CHECK(import(floats) == Tensor::of<float>({2}, {1.5F, -2}));
  Proto doubles = tensor_of(Proto::DOUBLE, {});
  doubles.add_double_data(0.1);
  CHECK(import(doubles) == Tensor::scalar(0.1));
  Proto longs = tensor_of(Proto::INT64, {1});
  longs.add_int64_data(INT64_MIN);
  CHECK(import(longs) == Tensor::of<int64_t>({1}, {INT64_MIN}));
  Proto words = tensor_of(Proto::UINT32, {1});
  words.add_uint64_data(UINT32_MAX);
  CHECK(import(words) == Tensor::of<uint32_t>({1}, {UINT32_MAX}));
  Proto complex = tensor_of(Proto::COMPLEX64, {1});
  complex.add_float_data(1);
  complex.add_float_data(2);
  CHECK(import(complex).bytes() == 8);
}

TEST_CASE("typed data of 8 and 16 bits stands in int32_data") {
  Proto bytes = tensor_of(Proto::INT8, {3});
  for (const int v : {-128, -1, 127}) bytes.add_int32_data(v);
  CHECK(import(bytes) == Tensor::of<int8_t>({3}, {-128, -1, 127}));
  Proto halves = tensor_of(Proto::FLOAT16, {1});
  halves.add_int32_data(0xC000);  // −2
  CHECK(bytes_of(import(halves)) == std::vector<int>{0x00, 0xC0});
  Proto eighths = tensor_of(Proto::FLOAT8E4M3FN, {1});
  eighths.add_int32_data(0xFE);
  CHECK(bytes_of(import(eighths)) == std::vector<int>{0xFE});
}

TEST_CASE("an integer written as its bits is read, and written back so") {
  Proto bytes = tensor_of(Proto::INT8, {1});
  bytes.add_int32_data(255);
  CHECK(import(bytes) == Tensor::of<int8_t>({1}, {-1}));
}

TEST_CASE("bool is 0 or 1 in memory, whatever the file holds") {
  Proto typed = tensor_of(Proto::BOOL, {3});
  for (const int v : {0, 1, 255}) typed.add_int32_data(v);
  CHECK(bytes_of(import(typed)) == std::vector<int>{0, 1, 1});
  Proto raw = tensor_of(Proto::BOOL, {3});
  raw.set_raw_data(std::string("\x00\x01\x02", 3));
  const Graph graph = parse(model_with(raw)).graph;
  CHECK(bytes_of(*graph.constant(graph.find("w"))) == std::vector<int>{0, 1, 1});
}

TEST_CASE("elements of 4 and 2 bits stay packed") {
  Proto nibbles = tensor_of(Proto::INT4, {3});
  nibbles.add_int32_data(0xF1);
  nibbles.add_int32_data(0x07);
  CHECK(bytes_of(import(nibbles)) == std::vector<int>{0xF1, 0x07});
  Proto raw = tensor_of(Proto::UINT4, {3});
  raw.set_raw_data("\x21\x03");
  CHECK(bytes_of(import(raw)) == std::vector<int>{0x21, 0x03});
  Proto crumbs = tensor_of(Proto::INT2, {5});
  crumbs.add_int32_data(0xE4);
  crumbs.add_int32_data(0x01);
  CHECK(bytes_of(import(crumbs)) == std::vector<int>{0xE4, 0x01});
}

TEST_CASE("strings") {
  Proto strings = tensor_of(Proto::STRING, {2});
  for (const char* text : {"a", ""}) strings.add_string_data(text);
  CHECK(import(strings) == Tensor::of<std::string>({2}, {"a", ""}));
}

TEST_CASE("empty tensors, with and without raw_data") {
  CHECK(import(tensor_of(Proto::FLOAT, {0})).size() == 0);
  Proto raw = tensor_of(Proto::FLOAT, {2, 0});
  raw.set_raw_data("");
  CHECK(import(raw).shape() == Shape{2, 0});
}

TEST_CASE("raw data is aligned for its type") {
  Proto raw = tensor_of(Proto::DOUBLE, {2});
  const double numbers[] = {1, 2};
  raw.set_raw_data(numbers, sizeof numbers);
  const Tensor tensor = import(raw);
  CHECK(reinterpret_cast<std::uintptr_t>(tensor.raw()) % alignof(double) == 0);
  CHECK(tensor == Tensor::of<double>({2}, {1, 2}));
}

TEST_CASE("what else a tensor says survives") {
  Proto tensor = tensor_of(Proto::FLOAT, {1});
  tensor.add_float_data(1);
  tensor.set_doc_string("weights");
  tensor.set_data_location(Proto::DEFAULT);
  tensor.add_metadata_props()->set_key("k");
  import(tensor);
}

TEST_CASE("a sparse initializer is a dense constant and is written back sparse") {
  onnx::ModelProto model = model_of("g (float[2, 3] x) => (float[2, 3] y) { y = Add(x, w) }");
  onnx::SparseTensorProto& sparse = *model.mutable_graph()->add_sparse_initializer();
  *sparse.mutable_values() = tensor_of(Proto::FLOAT, {2});
  sparse.mutable_values()->set_name("w");
  for (const float v : {5.F, 7.F}) sparse.mutable_values()->add_float_data(v);
  for (const int64_t dim : {2, 3}) sparse.add_dims(dim);
  *sparse.mutable_indices() = tensor_of(Proto::INT64, {2});
  SECTION("flat indices") {
    for (const int64_t i : {1, 5}) sparse.mutable_indices()->add_int64_data(i);
  }
  SECTION("an index a dimension") {
    sparse.mutable_indices()->add_dims(2);
    for (const int64_t i : {0, 1, 1, 2}) sparse.mutable_indices()->add_int64_data(i);
  }
  CHECK(round_trip_difference(model.SerializeAsString()) == "");
  Model imported = parse(model);
  const ValueId w = imported.graph.find("w");
  REQUIRE(imported.graph.constant(w) != nullptr);
  CHECK(*imported.graph.constant(w) == Tensor::of<float>({2, 3}, {0, 5, 0, 0, 0, 7}));

  imported.graph.set_constant(w, Constant(Tensor::of<float>({1}, {2})));
  onnx::ModelProto changed;
  REQUIRE(changed.ParseFromString(serialize_model(imported)));
  CHECK(changed.graph().sparse_initializer_size() == 0);
  REQUIRE(changed.graph().initializer_size() == 1);
}

TEST_CASE("a sparse attribute is a dense constant and is written back sparse") {
  onnx::ModelProto model = model_of("g () => (float[2, 3] y) { y = Constant() }");
  onnx::AttributeProto& attribute = *model.mutable_graph()->mutable_node(0)->add_attribute();
  attribute.set_name("sparse_value");
  attribute.set_type(onnx::AttributeProto::SPARSE_TENSOR);
  onnx::SparseTensorProto& sparse = *attribute.mutable_sparse_tensor();
  *sparse.mutable_values() = tensor_of(Proto::FLOAT, {1});
  sparse.mutable_values()->add_float_data(5);
  for (const int64_t dim : {2, 3}) sparse.add_dims(dim);
  *sparse.mutable_indices() = tensor_of(Proto::INT64, {1});
  sparse.mutable_indices()->add_int64_data(4);
  CHECK(round_trip_difference(model.SerializeAsString()) == "");
  const Model imported = parse(model);
  const Node& node = imported.graph.node(imported.graph.nodes()[0]);
  const auto* constant = find_attribute<Constant>(node, "sparse_value");
  REQUIRE(constant != nullptr);
  CHECK(*constant->tensor == Tensor::of<float>({2, 3}, {0, 0, 0, 0, 5, 0}));
}

TEST_CASE("a sparse index outside the tensor is an error") {
  onnx::ModelProto model = model_of("g (float[3] x) => (float[3] y) { y = Add(x, w) }");
  onnx::SparseTensorProto& sparse = *model.mutable_graph()->add_sparse_initializer();
  *sparse.mutable_values() = tensor_of(Proto::FLOAT, {1});
  sparse.mutable_values()->set_name("w");
  sparse.mutable_values()->add_float_data(1);
  *sparse.mutable_indices() = tensor_of(Proto::INT64, {1});
  sparse.add_dims(3);
  sparse.mutable_indices()->add_int64_data(GENERATE(int64_t{3}, int64_t{-1}));
  CHECK(parse_error(model) == "initializer 'w': element 0 lies outside dims [3]");
}

TEST_CASE("data that does not match the shape is an error that names the tensor") {
  Proto raw = tensor_of(Proto::FLOAT, {2, 3});
  raw.set_raw_data(std::string(23, '\0'));
  CHECK(parse_error(model_with(raw)) ==
        "initializer 'w': 23 bytes of data do not match shape [2, 3] of float32, which takes 24");
  CHECK(parse_error(model_with(tensor_of(Proto::INT8, {2}))) ==
        "initializer 'w': 0 entries of data do not match shape [2] of int8, which takes 2");
  CHECK(parse_error(model_with(tensor_of(Proto::INT8, {int64_t{1} << 40}))) != "");
  for (const int exponent : {41, 60, 62}) {
    Proto wrapped =
        tensor_of(Proto::DOUBLE, {int64_t{1} << exponent});  // 2^65 bytes are 0 mod 2^64
    wrapped.set_raw_data("");
    CHECK(parse_error(model_with(wrapped)).find("has too many elements") != std::string::npos);
  }
  CHECK(parse_error(model_with(tensor_of(Proto::FLOAT, {-1}))) ==
        "initializer 'w': shape [-1] has a negative dimension");
}

TEST_CASE("elements that their type cannot hold are errors") {
  Proto bytes = tensor_of(Proto::UINT8, {1});
  bytes.add_int32_data(256);
  CHECK(parse_error(model_with(bytes)) ==
        "initializer 'w': the element 256 is out of the range of uint8");
  Proto strings = tensor_of(Proto::STRING, {1});
  strings.set_raw_data("a");
  CHECK(parse_error(model_with(strings)) ==
        "initializer 'w': strings are not allowed as raw or external data");
  CHECK(parse_error(model_with(tensor_of(Proto::UNDEFINED, {1}))) ==
        "initializer 'w': element type 0 is not supported");
}

TEST_CASE("a wrong tensor in an attribute names node and attribute") {
  onnx::ModelProto model =
      model_of("g () => (float[2] y) { y = Constant <value = float[2] {1, 2}> () }");
  model.mutable_graph()->mutable_node(0)->mutable_attribute(0)->mutable_t()->set_dims(0, 3);
  CHECK(parse_error(model) ==
        "the Constant node that writes 'y': attribute 'value': 2 entries of data do not match "
        "shape [3] of float32, which takes 3");
}

}  // namespace
}  // namespace qtool
