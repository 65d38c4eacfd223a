#include "onnx_io/data_file.h"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "onnx_io/build_model.h"

namespace qtool {
namespace {

constexpr int kCount = 5000;  // elements of a weight

// Two large weights, of which the first is made when it is asked for, and a small one.
Model large_model(int8_t first) {
  Model model = parse(model_of("g (int8[5000] x) => (int8[5000] y) "
                               "<int8[1] w = {0}, int8[1] v = {0}, int8[1] s = {0}> "
                               "{ a = Add(x, w) b = Add(a, v) y = Add(b, s) }"));
  const auto make = [first](int64_t begin, int64_t count, void* out) {
    for (int64_t i = 0; i < count; ++i)
      static_cast<int8_t*>(out)[i] = static_cast<int8_t>((first + begin + i) % 101);
  };
  const auto set = [&](const char* name, Tensor tensor) {
    model.graph.set_constant(model.graph.find(name), Constant(std::move(tensor)));
  };
  set("w", Tensor::deferred(DType::kInt8, {kCount}, make));
  set("v", Tensor::of({kCount}, std::vector<int8_t>(kCount, 7)));
  set("s", Tensor::of({1}, std::vector<int8_t>{3}));
  return model;
}

std::set<std::string> data_files(const TempFolder& folder) {
  std::set<std::string> names = folder.list();
  names.erase("out.onnx");
  return names;
}

TEST_CASE("weights of a model that is too large for one file lie beside it") {
  const TempFolder folder;
  const Model model = large_model(1);
  save_model(model, folder / "out.onnx", 1000);
  REQUIRE(data_files(folder).size() == 1);
  const std::string name = *data_files(folder).begin();
  CHECK(std::filesystem::file_size(folder / "out.onnx") < 1000);
  CHECK(std::filesystem::file_size(folder / name) == 2 * 4096 + kCount);

  onnx::ModelProto proto;
  REQUIRE(proto.ParseFromString(folder.read("out.onnx")));
  for (const onnx::TensorProto& tensor : proto.graph().initializer()) {
    if (tensor.dims(0) != kCount) continue;
    CHECK(!tensor.has_raw_data());
    CHECK(tensor.external_data(0).value() == name);
    CHECK(std::stoul(tensor.external_data(1).value()) % 4096 == 0);
    CHECK(tensor.external_data(2).value() == std::to_string(kCount));
  }
  CHECK(serialize_model(import_model(folder / "out.onnx")) == serialize_model(model));
}

TEST_CASE("the same weights lie in a file of the same name, others do not") {
  const TempFolder folder;
  save_model(large_model(1), folder / "out.onnx", 1000);
  const auto first = data_files(folder);
  const std::string bytes = folder.read("out.onnx");
  save_model(large_model(1), folder / "out.onnx", 1000);
  CHECK(data_files(folder) == first);
  CHECK(folder.read("out.onnx") == bytes);
  save_model(large_model(2), folder / "out.onnx", 1000);
  CHECK(data_files(folder).size() == 1);
  CHECK(data_files(folder) != first);
}

TEST_CASE("a model written over itself is whole, and a smaller one leaves no data behind") {
  const TempFolder folder;
  const std::string bytes = serialize_model(large_model(1));
  save_model(large_model(1), folder / "out.onnx", 1000);
  folder.write("out.onnx.0123456789abcdef.data", "of a model that is gone");
  folder.write("out.onnx.copy.data", "not ours");
  const Model model = import_model(folder / "out.onnx");
  save_model(model, folder / "out.onnx");
  CHECK(folder.read("out.onnx") == bytes);
  CHECK(folder.list() == std::set<std::string>{"out.onnx", "out.onnx.copy.data"});
}

TEST_CASE("data lies where a symbolic link to the model leads") {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "inner");
  folder.write("inner/real.onnx", "before");
  std::filesystem::create_symlink("inner/real.onnx", folder / "out.onnx");
  save_model(large_model(1), folder / "out.onnx", 1000);
  CHECK(folder.list() == std::set<std::string>{"inner", "out.onnx"});
  CHECK(serialize_model(import_model(folder / "inner/real.onnx")) ==
        serialize_model(large_model(1)));
}

}  // namespace
}  // namespace qtool
