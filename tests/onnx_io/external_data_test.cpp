#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>

#include "base/atomic_file.h"
#include "onnx_io/build_model.h"

namespace qtool {
namespace {

using Catch::Matchers::ContainsSubstring;

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

// What a model in `folder` with such a tensor fails with.
std::string refusal(const TempFolder& folder, std::initializer_list<Entry> entries) {
  return error_of([&] { parse(external_model(entries), folder.path()); });
}

// CVE-2022-25882, CVE-2024-27318 of the onnx package.
TEST_CASE("attack: paths out of the folder of the model") {
  const TempFolder folder;
  write_file(folder / "w.bin", weight_file());
  std::filesystem::create_directory(folder / "dir");
  const std::string absolute = (folder / "w.bin").string();
  for (const char* location :
       {absolute.c_str(), "../w.bin", "dir/../../w.bin", "dir/..", "./../w.bin", "//etc/passwd"})
    CHECK(refusal(folder, {{"location", location}}) ==
          fmt::format("initializer 'w': external data '{}' lies outside the folder of the model",
                      location));
  for (const char* location : {"..\\w.bin", "file:///etc/passwd", "~/w.bin", "$HOME/w.bin"})
    CHECK_THAT(refusal(folder, {{"location", location}}), ContainsSubstring("No such file"));
}

// CVE-2026-27489.
TEST_CASE("attack: symbolic links out of the folder of the model") {
  const TempFolder folder;
  const TempFolder elsewhere;
  write_file(folder / "w.bin", weight_file());
  write_file(elsewhere / "w.bin", weight_file());
  std::filesystem::create_symlink(elsewhere / "w.bin", folder / "link.bin");
  std::filesystem::create_symlink(elsewhere.path(), folder / "dir");
  std::filesystem::create_symlink("link.bin", folder / "chain.bin");
  std::filesystem::create_symlink("w.bin", folder / "inner.bin");
  for (const char* location : {"link.bin", "dir/w.bin", "chain.bin"})
    CHECK_THAT(refusal(folder, {{"location", location}}),
               ContainsSubstring("links to a file outside the folder of the model"));
  CHECK(refusal(folder, {{"location", "inner.bin"}}) == "");
}

// CVE-2026-34446.
TEST_CASE("attack: hard links to files outside the folder of the model") {
  const TempFolder folder;
  const TempFolder elsewhere;
  write_file(elsewhere / "w.bin", weight_file());
  std::filesystem::create_hard_link(elsewhere / "w.bin", folder / "w.bin");
  CHECK_THAT(refusal(folder, {{"location", "w.bin"}}), ContainsSubstring("hard links"));
  std::filesystem::remove(elsewhere / "w.bin");
  CHECK(refusal(folder, {{"location", "w.bin"}}) == "");
}

TEST_CASE("attack: external data in folders, pipes and devices") {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "dir");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  for (const char* location : {"dir", "pipe", "."})
    CHECK_THAT(refusal(folder, {{"location", location}}),
               ContainsSubstring("is not a regular file"));
  if (::mknod((folder / "zero").c_str(), S_IFCHR | 0600, ::makedev(1, 5)) == 0)  // may need root
    CHECK_THAT(refusal(folder, {{"location", "zero"}}), ContainsSubstring("is not a regular file"));
}

// CVE-2026-34445: what the entries say is checked before anything is allocated by it.
TEST_CASE("attack: external data that does not lie in its file") {
  const TempFolder folder;
  write_file(folder / "w.bin", weight_file());
  const auto error = [&](std::initializer_list<Entry> entries) { return refusal(folder, entries); };
  CHECK(error({{"location", "w.bin"}, {"offset", "12"}}) ==
        "initializer 'w': bytes 12 to 20 of external data 'w.bin' lie beyond its end at 16");
  for (const char* number : {"18446744073709551615", "18446744073709551608", "9223372036854775807"})
    for (const char* key : {"offset", "length"})
      CHECK_THAT(error({{"location", "w.bin"}, {key, number}}),
                 ContainsSubstring("beyond its end"));
  CHECK(error({{"location", "w.bin"}, {"length", "16"}}) ==
        "initializer 'w': 16 bytes of data do not match shape [2] of float32, which takes 8");
  CHECK(error({{"location", "w.bin"}, {"offset", "-4"}}) ==
        "initializer 'w': offset of the external data is '-4', expected a number of bytes");
  CHECK(error({{"offset", "0"}}) == "initializer 'w': external data has no location");
  CHECK_THAT(error({{"location", "none.bin"}}), ContainsSubstring("No such file"));
  CHECK(error({{"location", "w.bin"}, {"__class__", "x"}, {"basepath", "/etc"}}) == "");
}

// CVE-2025-51480: a name that came with the model never becomes one that is written to.
TEST_CASE("attack: a model that says where its weights were") {
  const TempFolder folder;
  write_file(folder / "w.bin", weight_file());
  write_file(folder / "m.onnx",
             external_model({{"location", "w.bin"}, {"offset", "4"}}).SerializeAsString());
  save_model(import_model(folder / "m.onnx"), folder / "m.onnx");
  CHECK(folder.read("w.bin") == weight_file());
  CHECK(weights(import_model(folder / "m.onnx")) == std::vector<float>{1, 2});
}

TEST_CASE("external data without a folder is refused") {
  CHECK(parse_error(external_model({{"location", "w.bin"}})) ==
        "initializer 'w': external data 'w.bin' needs the folder of the model; load the model from "
        "its file");
}

}  // namespace
}  // namespace qtool
