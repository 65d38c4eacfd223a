#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "base/file.h"
#include "onnx_io/build_model.h"

namespace qtool {
namespace {

struct Entry {
  const char* key;
  const char* value;
};

// A model whose initializer "w", float32 [2], is external.
onnx::ModelProto external_model(std::initializer_list<Entry> entries) {
  onnx::ModelProto model = model_of("g (float[2] x) => (float[2] y) { y = Add(x, w) }");
  onnx::TensorProto& tensor = *model.mutable_graph()->add_initializer();
  tensor.set_name("w");
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.add_dims(2);
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  for (const Entry& entry : entries) {
    auto& out = *tensor.add_external_data();
    out.set_key(entry.key);
    out.set_value(entry.value);
  }
  return model;
}

// 16 bytes: 4 of padding, 1.0, 2.0, and 4 more.
std::string weight_file() {
  const float numbers[] = {0, 1, 2, 3};
  return {reinterpret_cast<const char*>(numbers), sizeof numbers};
}

std::vector<float> weights(const Model& model) {
  return model.graph.constant(model.graph.find("w"))->to_vector<float>();
}

TEST_CASE("external data is read from the folder of the model") {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "sub");
  write_file(folder / "sub/w.bin", weight_file());
  const onnx::ModelProto model =
      external_model({{"location", "sub/w.bin"}, {"offset", "4"}, {"length", "8"}});
  write_file(folder / "m.onnx", model.SerializeAsString());
  const Model imported = import_model(folder / "m.onnx");
  CHECK(weights(imported) == std::vector<float>{1, 2});
  CHECK(stored_bytes(folder / "m.onnx") == model.ByteSizeLong() + weight_file().size());

  // What is written holds the data itself.
  CHECK(weights(parse_model(serialize_model(imported))) == std::vector<float>{1, 2});
}

TEST_CASE("offset and length are optional") {
  const TempFolder folder;
  write_file(folder / "w.bin", weight_file());
  CHECK(weights(parse(external_model({{"location", "w.bin"}}), folder.path())) ==
        std::vector<float>{0, 1});
}

TEST_CASE("external data at an odd offset is copied into place") {
  const TempFolder folder;
  write_file(folder / "w.bin", "x" + weight_file());
  const Model model =
      parse(external_model({{"location", "w.bin"}, {"offset", "5"}}), folder.path());
  CHECK(weights(model) == std::vector<float>{1, 2});
  const void* data = model.graph.constant(model.graph.find("w"))->raw();
  CHECK(reinterpret_cast<std::uintptr_t>(data) % alignof(float) == 0);
}

TEST_CASE("external data outside the folder or the file is refused") {
  const TempFolder folder;
  const TempFolder elsewhere;
  write_file(folder / "w.bin", weight_file());
  write_file(elsewhere / "w.bin", weight_file());
  std::filesystem::create_symlink(elsewhere / "w.bin", folder / "link.bin");
  std::filesystem::create_directory(folder / "dir");
  const auto error = [&](std::initializer_list<Entry> entries) {
    return error_of([&] { parse(external_model(entries), folder.path()); });
  };
  const std::string absolute = (folder / "w.bin").string();
  const auto outside = [](std::string_view location) {
    return fmt::format("initializer 'w': external data '{}' lies outside the folder of the model",
                       location);
  };
  CHECK(error({{"location", absolute.c_str()}}) == outside(absolute));
  CHECK(error({{"location", "../w.bin"}}) == outside("../w.bin"));
  CHECK(error({{"location", "dir/../../w.bin"}}) == outside("dir/../../w.bin"));
  CHECK(error({{"location", "link.bin"}}).find("links to a file outside") != std::string::npos);
  CHECK(error({{"location", "dir"}}).find("is not a regular file") != std::string::npos);
  CHECK(error({{"location", "none.bin"}}).find("No such file") != std::string::npos);
  CHECK(error({{"offset", "0"}}) == "initializer 'w': external data has no location");
  CHECK(error({{"location", "w.bin"}, {"offset", "12"}}) ==
        "initializer 'w': bytes 12 to 20 of external data 'w.bin' lie beyond its end at 16");
  CHECK(error({{"location", "w.bin"}, {"offset", "18446744073709551615"}}) != "");
  CHECK(error({{"location", "w.bin"}, {"length", "16"}}) ==
        "initializer 'w': 16 bytes of data do not match shape [2] of float32, which takes 8");
  CHECK(error({{"location", "w.bin"}, {"offset", "-4"}}) ==
        "initializer 'w': offset of the external data is '-4', expected a number of bytes");
  CHECK(error({{"location", "w.bin"}}) == "");
}

TEST_CASE("external data without a folder is refused") {
  CHECK(parse_error(external_model({{"location", "w.bin"}})) ==
        "initializer 'w': external data 'w.bin' needs the folder of the model; load the model from "
        "its file");
}

}  // namespace
}  // namespace qtool
