#include "onnx_io/test_data.h"

#include <onnx/onnx-data.pb.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "onnx_io/build_model.h"
#include "temp_folder.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

namespace {

onnx::TensorProto int_proto(const std::vector<int32_t>& values) {
  onnx::TensorProto proto;
  proto.set_data_type(onnx::TensorProto::INT32);
  proto.add_dims(static_cast<int64_t>(values.size()));
  proto.mutable_int32_data()->Add(values.begin(), values.end());
  return proto;
}

onnx::SequenceProto sequence_proto(const std::vector<onnx::TensorProto>& tensors) {
  onnx::SequenceProto proto;
  proto.set_elem_type(onnx::SequenceProto::TENSOR);
  for (const onnx::TensorProto& tensor : tensors) *proto.add_tensor_values() = tensor;
  return proto;
}

template <class Message>
Datum read(const Message& message, ValueKind kind) {
  const TempFolder folder;
  return read_test_data(folder.write("x.pb", message.SerializeAsString()), kind);
}

const Datum kOneTwo = Tensor::of<int32_t>({2}, {1, 2});

}  // namespace

TEST_CASE("tensors, sequences and optionals are read") {
  CHECK(read(int_proto({1, 2}), ValueKind::kTensor) == kOneTwo);
  const Datum sequence = Sequence{kOneTwo.tensor(), Tensor::of<int32_t>({1}, {3})};
  CHECK(read(sequence_proto({int_proto({1, 2}), int_proto({3})}), ValueKind::kSequence) ==
        sequence);
  CHECK(read(sequence_proto({}), ValueKind::kSequence) == Datum(Sequence{}));

  onnx::OptionalProto optional;
  optional.set_elem_type(onnx::OptionalProto::UNDEFINED);
  CHECK(read(optional, ValueKind::kOptional).is_empty());
  optional.set_elem_type(onnx::OptionalProto::TENSOR);
  *optional.mutable_tensor_value() = int_proto({1, 2});
  CHECK(read(optional, ValueKind::kOptional) == kOneTwo);
  optional.set_elem_type(onnx::OptionalProto::SEQUENCE);
  *optional.mutable_sequence_value() = sequence_proto({int_proto({1, 2}), int_proto({3})});
  CHECK(read(optional, ValueKind::kOptional) == sequence);
}

TEST_CASE("the kind of a value follows from its type") {
  const Model model = parse(model_of(
      "g (int32[2] t, seq(float[N]) s, optional(seq(float)) o) => (v) { v = Identity(t) }"));
  CHECK(value_kind(value(model.graph, "t")) == ValueKind::kTensor);
  CHECK(value_kind(value(model.graph, "s")) == ValueKind::kSequence);
  CHECK(value_kind(value(model.graph, "o")) == ValueKind::kOptional);
  CHECK(value_kind(value(model.graph, "v")) == ValueKind::kTensor);
  const Model maps = parse(model_of("g (map(int64, float) m) => (v) { v = Identity(m) }"));
  CHECK_THAT(error_of([&] { value_kind(value(maps.graph, "m")); }),
             ContainsSubstring("'m' is a map"));
}

TEST_CASE("files that hold something else are refused by name") {
  const TempFolder folder;
  const auto error_of_file = [&](const std::string& bytes, ValueKind kind) {
    return error_of([&] { read_test_data(folder.write("x.pb", bytes), kind); });
  };
  for (const ValueKind kind : {ValueKind::kTensor, ValueKind::kSequence, ValueKind::kOptional})
    CHECK_THAT(error_of_file("\xFF\xFF no message", kind), ContainsSubstring("x.pb: is no "));
  CHECK_THAT(error_of_file("", ValueKind::kTensor), ContainsSubstring("x.pb: element type 0"));
  const std::string nested = [] {
    onnx::SequenceProto proto;
    proto.set_elem_type(onnx::SequenceProto::SEQUENCE);
    return proto.SerializeAsString();
  }();
  CHECK_THAT(error_of_file(nested, ValueKind::kSequence),
             ContainsSubstring("x.pb: holds a sequence of something else than tensors"));
  CHECK_THAT(error_of([&] { read_test_data(folder / "none.pb", ValueKind::kTensor); }),
             ContainsSubstring("none.pb"));
}

TEST_CASE("a data set holds one file for each value, no more and no less") {
  const Model model =
      parse(model_of("g (int32[2] a, int32[2] b) => (int32[2] c) { c = Add(a, b) }"));
  const TempFolder folder;
  const auto read_inputs = [&] {
    return read_test_data_set(model.graph, model.graph.inputs(), folder.path(), "input");
  };
  folder.write("input_0.pb", int_proto({1, 2}).SerializeAsString());
  CHECK_THAT(error_of(read_inputs), ContainsSubstring("input_1.pb"));
  folder.write("input_1.pb", int_proto({3, 4}).SerializeAsString());
  CHECK(read_inputs() == std::vector<Datum>{kOneTwo, Tensor::of<int32_t>({2}, {3, 4})});
  folder.write("input_2.pb", "");
  CHECK_THAT(error_of(read_inputs), ContainsSubstring("input_2.pb: the model has only 2 inputs"));
}
