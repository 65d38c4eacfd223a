#include "onnx_io/raw_data.h"

#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <filesystem>

#include "base/atomic_file.h"
#include "base/file.h"
#include "onnx_io/build_model.h"

namespace qtool {
namespace {

constexpr int kLarge = 5000;  // bytes

std::string numbers(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(i % 101 - 50);
  return bytes;
}

onnx::TensorProto& add_initializer(onnx::ModelProto& model, const char* name, int count) {
  onnx::TensorProto& tensor = *model.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::INT8);
  tensor.add_dims(count);
  tensor.set_raw_data(numbers(count));
  return tensor;
}

onnx::ModelProto large_model() {
  onnx::ModelProto model = model_of("g (int8[5000] x) => (int8[5000] y) { y = Add(x, large) }");
  add_initializer(model, "large", kLarge);
  add_initializer(model, "small", 3).set_doc_string("kept");
  model.set_producer_name("behind the graph");
  return model;
}

std::string joined(const WithoutRawData& model) {
  std::string bytes;
  for (const Part& part : model.parts()) bytes += part.bytes;
  return bytes;
}

TEST_CASE("large raw data is left out of a message, and the message says where it lies") {
  const std::string file = large_model().SerializeAsString();
  onnx::ModelProto shortened;
  REQUIRE(shortened.ParseFromString(joined(WithoutRawData(file))));
  const onnx::TensorProto& tensor = shortened.graph().initializer(0);
  CHECK(!tensor.has_raw_data());
  CHECK(tensor.external_data(1).value() == std::to_string(file.find(numbers(kLarge))));
  CHECK(tensor.external_data(2).value() == std::to_string(kLarge));

  onnx::ModelProto expected = large_model();
  *expected.mutable_graph()->mutable_initializer(0) = tensor;
  CHECK(shortened.SerializeAsString() == expected.SerializeAsString());
}

TEST_CASE("tensors that say where their data lies, or have it twice, stay as they are") {
  onnx::ModelProto said = large_model();
  said.mutable_graph()->mutable_initializer(0)->set_data_location(onnx::TensorProto::DEFAULT);
  const std::string file = said.SerializeAsString();
  CHECK(joined(WithoutRawData(file)) == file);

  onnx::TensorProto raw;
  raw.set_raw_data(numbers(kLarge));
  onnx::ModelProto twice = large_model();
  twice.mutable_graph()->clear_initializer();
  std::string graph = twice.graph().SerializeAsString();
  const std::string tensor = raw.SerializeAsString() + raw.SerializeAsString();
  graph += "\x2a";  // field 5, length-delimited; then the length in 7 bits a byte
  graph += static_cast<char>(0x80 | (tensor.size() & 0x7f));
  graph += static_cast<char>(tensor.size() >> 7);
  const std::string in_graph = graph + tensor;
  REQUIRE(onnx::GraphProto().ParseFromString(in_graph));
  onnx::ModelProto model;
  REQUIRE(model.mutable_graph()->ParseFromString(in_graph));
  CHECK(model.graph().initializer(0).raw_data().size() == kLarge);
  const std::string prefix = std::string("\x3a") +
                             static_cast<char>(0x80 | (in_graph.size() & 0x7f)) +
                             static_cast<char>(in_graph.size() >> 7);
  CHECK(joined(WithoutRawData(prefix + in_graph)) == prefix + in_graph);
}

TEST_CASE("raw data is put into a message where it was") {
  const std::string whole = large_model().SerializeAsString();
  onnx::ModelProto without = large_model();
  without.mutable_graph()->mutable_initializer(0)->set_raw_data("x");
  const std::string data = numbers(kLarge);
  const auto make = [&](int64_t first, int64_t count, void* out) {
    std::memcpy(out, data.data() + first, static_cast<std::size_t>(count));
  };
  for (const Tensor& tensor : {Tensor::view(DType::kInt8, {kLarge}, nullptr, data.data()),
                               Tensor::deferred(DType::kInt8, {kLarge}, make)}) {
    const WithRawData model(without.SerializeAsString(), {&tensor, nullptr});
    std::string bytes;
    model.for_each([&](std::string_view part) { bytes += part; });
    CHECK(bytes == whole);
    CHECK(model.size() == whole.size());
  }
}

TEST_CASE("a model from a file is that from its bytes") {
  const TempFolder folder;
  write_file(folder / "large.onnx", large_model().SerializeAsString());
  const Model model = import_model(folder / "large.onnx");
  CHECK(serialize_model(model) == serialize_model(parse(large_model())));
  const Tensor& large = *model.graph.constant(model.graph.find("large"));
  CHECK(std::string(static_cast<const char*>(large.raw()), large.bytes()) == numbers(kLarge));
  for (const auto& entry : std::filesystem::directory_iterator(QTOOL_DATA_DIR "/models")) {
    INFO(entry.path());
    CHECK(serialize_model(import_model(entry.path())) ==
          serialize_model(parse_model(MappedFile(entry.path()).text())));
  }
}

TEST_CASE("a model written over its own file is whole") {
  const TempFolder folder;
  const auto path = folder / "large.onnx";
  write_file(path, large_model().SerializeAsString());
  const Model model = import_model(path);
  const std::string bytes = serialize_model(model);
  save_model(model, path);
  CHECK(read_file(path) == bytes);
  CHECK(serialize_model(model) == bytes);  // still that of the file that was there
}

// The model as bytes, or the error without the file's name.
template <class Read>
std::string outcome(const std::string& prefix, Read read) {
  std::string text;
  const std::string error = error_of([&] { text = serialize_model(read()); });
  if (error.empty()) return text;
  return error.starts_with(prefix) ? error.substr(prefix.size()) : error;
}

// Whether a file of these bytes gives what the bytes themselves give.
void check_same(const TempFolder& folder, const std::string& bytes) {
  const auto path = folder / "m.onnx";
  write_file(path, bytes);
  const std::string expected = outcome("", [&] {
    Model model = parse_model(bytes);
    if (opset_version(model, "") != 17) fail("another opset");  // which import_model may refuse
    return model;
  });
  if (expected != "another opset")
    CHECK(outcome(path.string() + ": ", [&] { return import_model(path); }) == expected);
}

TEST_CASE("a file cut short anywhere fails as its bytes do") {
  const TempFolder folder;
  const std::string file = large_model().SerializeAsString();
  for (std::size_t size = 1; size < file.size(); size += 7)
    check_same(folder, file.substr(0, size));
}

TEST_CASE("a file with a changed byte fails or means what its bytes mean") {
  const TempFolder folder;
  const std::string file = large_model().SerializeAsString();
  const std::size_t data = file.find(numbers(kLarge));
  for (std::size_t at = 0; at < file.size(); ++at) {
    if (at > data && at < data + kLarge - 3) continue;
    for (const char change : {'\x01', '\x10', '\x7f'}) {
      INFO(at);
      std::string changed = file;
      changed[at] = static_cast<char>(changed[at] ^ change);
      check_same(folder, changed);
    }
  }
}

}  // namespace
}  // namespace qtool
