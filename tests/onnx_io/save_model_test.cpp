#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <iterator>

#include "base/atomic_file.h"
#include "base/file.h"
#include "onnx_io/build_model.h"
#include "onnx_io/identity.h"

namespace qtool {
namespace {

std::string content(const std::filesystem::path& path) {
  return std::string(MappedFile(path).text());
}

// Saving `model` over a file must fail, leave the file as it was and nothing beside it.
std::string save_error(const Model& model) {
  const TempFolder folder;
  write_file(folder / "out.onnx", "before");
  const std::string message = error_of([&] { save_model(model, folder / "out.onnx"); });
  CHECK(content(folder / "out.onnx") == "before");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  CHECK(message.find('\n') == std::string::npos);
  CHECK(message.starts_with((folder / "out.onnx").string() + ": "));
  return message;
}

Model relu_model() {
  return parse(model_of("g (float[N, 3] x) => (float[N, 3] y) { y = Relu(x) }"));
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("what was saved can be imported and is the same") {
  const TempFolder folder;
  const Model model = relu_model();
  write_file(folder / "out.onnx", "before");
  save_model(model, folder / "out.onnx");
  CHECK(content(folder / "out.onnx") == serialize_model(model));
  CHECK(serialize_model(import_model(folder / "out.onnx")) == serialize_model(model));
}

TEST_CASE("every sample model passes ONNX's checker when saved") {
  const TempFolder folder;
  for (const auto& entry : std::filesystem::directory_iterator(QTOOL_DATA_DIR "/models"))
    CHECK_NOTHROW(save_model(import_model(entry.path()), folder / "out.onnx"));
}

TEST_CASE("a node of the runtime is not saved") {
  Model model = relu_model();
  model.graph.mutable_node(model.graph.nodes()[0]).domain = kInternalDomain;
  CHECK(contains(save_error(model),
                 "the qtool.internal.Relu node that writes 'y' exists only inside the runtime"));
}

TEST_CASE("a model that ONNX's checker refuses is not saved") {
  Model model = relu_model();
  SECTION("unknown operator") {
    model.graph.mutable_node(model.graph.nodes()[0]).op_type = "Rleu";
    CHECK(
        contains(save_error(model), "ONNX's checker refuses the model: No Op registered for Rleu"));
  }
  SECTION("a shape that contradicts the operator") {
    model.graph.mutable_value(model.graph.find("y")).type = tensor_type(DType::kFloat32, {2, 4});
    CHECK(contains(save_error(model), "differ in dimension 1: (3) vs (4)"));
  }
  SECTION("a type that contradicts the operator") {
    model.graph.mutable_value(model.graph.find("y")).type.dtype = DType::kInt8;
    CHECK(contains(save_error(model), "elem type"));
  }
}

TEST_CASE("a folder that is not there is an error") {
  const TempFolder folder;
  CHECK(contains(error_of([&] { save_model(relu_model(), folder / "no/out.onnx"); }),
                 "cannot be written: No such file or directory"));
}

}  // namespace
}  // namespace qtool
