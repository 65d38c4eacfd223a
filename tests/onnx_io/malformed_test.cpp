#include <catch2/catch_test_macros.hpp>

#include "base/atomic_file.h"
#include "base/file.h"
#include "onnx_io/build_model.h"

namespace qtool {
namespace {

std::string import_error(std::string_view bytes) {
  const TempFolder folder;
  write_file(folder / "m.onnx", bytes);
  const std::string message = error_of([&] { import_model(folder / "m.onnx"); });
  const std::string prefix = (folder / "m.onnx").string() + ": ";
  CHECK(message.starts_with(prefix));
  CHECK(message.find('\n') == std::string::npos);
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

constexpr const char* kNotOnnx =
    "is not an ONNX model, or was cut short; export or download it again";

TEST_CASE("files that are no ONNX model") {
  CHECK(import_error("") == "is empty; export or download the model again");
  CHECK(import_error("# a text file\nwith lines\n") == kNotOnnx);
  CHECK(import_error("\x89PNG\r\n\x1a\n" + std::string("\0\0\0\rIHDR", 8)) == kNotOnnx);
  CHECK(import_error("{\"json\": true}") == kNotOnnx);
  CHECK(import_error("version https://git-lfs.github.com/spec/v1\noid sha256:00\n") ==
        "is a Git LFS pointer and not the model itself; fetch it with 'git lfs pull'");
  onnx::ModelProto no_graph;
  no_graph.set_ir_version(8);
  CHECK(import_error(no_graph.SerializeAsString()) ==
        "is an ONNX model without a graph; export it again");
  CHECK(error_of([] { import_model("/nonexistent.onnx"); }) ==
        "/nonexistent.onnx: cannot be opened: No such file or directory");
}

TEST_CASE("functions that call each other a billion times, or themselves, are refused") {
  const auto calls = [](onnx::FunctionProto& function, int count, const std::string& callee) {
    for (int i = 0; i < count; ++i) {
      onnx::NodeProto& node = *function.add_node();
      node.set_domain("local");
      node.set_op_type(callee);
    }
  };
  onnx::ModelProto model = model_of("g (float x) => (float y) { y = Identity (x) }");
  for (int level = 0; level < 10; ++level) {
    onnx::FunctionProto& function = *model.add_functions();
    function.set_domain("local");
    function.set_name(std::to_string(level));
    calls(function, 10, std::to_string(level + 1));
  }
  CHECK(parse_error(model) == "its functions expand to more than 100000 nodes");
  model.clear_functions();
  onnx::FunctionProto& function = *model.add_functions();
  function.set_domain("local");
  function.set_name("f");
  calls(function, 1, "f");
  CHECK(parse_error(model) ==
        "its functions call each other more than 64 deep, or themselves: 'f'");
}

TEST_CASE("a model that was cut short is an error wherever it was cut") {
  const MappedFile file(QTOOL_DATA_DIR "/models/mnist_cntk.onnx");
  const std::string_view whole = file.text();
  for (std::size_t size = 1; size < whole.size(); size += 97)
    CHECK(error_of([&] { parse_model(whole.substr(0, size)); }) != "");
}

TEST_CASE("names must be defined once") {
  CHECK(parse_error(model_of("g (float[1] x) => (float[1] y) { y = Add(x, z) }")) ==
        "the Add node that writes 'y' reads 'z', which nothing defines");
  CHECK(parse_error(model_of("g (float[1] x) => (float[1] y) { z = Relu(x) }")) ==
        "nothing defines the graph output 'y'");
  CHECK(parse_error(model_of("g (float[1] x) => (float[1] y) { y = Relu(x)  y = Abs(x) }")) ==
        "'y' is written twice, the second time by the Abs node that writes 'y'");
  CHECK(parse_error(model_of("g (float[1] x) => (float[1] x) { x = Relu(x) }")) ==
        "'x' is an input or an initializer, and is written by the Relu node that writes 'x'");
  CHECK(parse_error(model_of("g (float[1] x, float[1] x) => (float[1] x) { }")) ==
        "two graph inputs are named 'x'");
  onnx::ModelProto twice = model_of("g () => (float[1] w) <float[1] w = {1}> { }");
  *twice.mutable_graph()->add_initializer() = twice.graph().initializer(0);
  CHECK(parse_error(twice) == "two initializers are named 'w'");
}

TEST_CASE("a subgraph may only read what is defined around it") {
  CHECK(parse_error(model_of(R"(
    g (bool c, float[1] x) => (float[1] y) {
      y = If(c) <then_branch = a () => (float[1] p) { p = Relu(x) },
                 else_branch = b () => (float[1] q) { q = Relu(nothing) }> })"))
            .find("else_branch: the Relu node that writes 'q' reads 'nothing'") !=
        std::string::npos);
}

TEST_CASE("nodes in any order are accepted, cycles are not") {
  const Model model = parse(model_of(R"(
    g (float[1] x) => (float[1] y) { y = Relu(h)  h = Abs(x) })"));
  const std::vector<NodeId> order = model.graph.nodes();
  REQUIRE(order.size() == 2);
  CHECK(model.graph.node(order[0]).op_type == "Abs");
  CHECK(parse_error(model_of("g () => (float[1] y) { y = Relu(h)  h = Abs(y) }"))
            .find("the graph has a cycle through") == 0);
}

TEST_CASE("versions outside the known range are refused") {
  const auto model = [](int64_t ir_version, const char* domain, int64_t opset) {
    onnx::ModelProto proto = model_of("g (float[1] x) => (float[1] y) { y = Relu(x) }");
    proto.set_ir_version(ir_version);
    auto& import =
        domain == std::string() ? *proto.mutable_opset_import(0) : *proto.add_opset_import();
    import.set_domain(domain);
    import.set_version(opset);
    return proto;
  };
  CHECK(parse_error(model(3, "", 7)) == "");
  CHECK(parse_error(model(onnx::IR_VERSION, "", 28)) == "");
  CHECK(parse_error(model(2, "", 13)).find("IR version 2 is too old") == 0);
  CHECK(parse_error(model(onnx::IR_VERSION + 1, "", 13)).find("is newer than") !=
        std::string::npos);
  CHECK(parse_error(model(8, "", 1000)).find("opset 1000 of domain 'ai.onnx' is newer than 28") ==
        0);
  CHECK(parse_error(model(8, "ai.onnx.ml", 99)).find("opset 99 of domain 'ai.onnx.ml'") == 0);
  CHECK(parse_error(model(8, "my.own", 99)) == "");
  CHECK(import_error(model(3, "", 6).SerializeAsString())
            .find("opset 6 of domain 'ai.onnx' is too old, the oldest is 7; export") == 0);
}

TEST_CASE("a node of a domain that is not imported is refused") {
  CHECK(parse_error(model_of("g (float[1] x) => (float[1] y) { y = other.Thing(x) }")) ==
        "the other.Thing node that writes 'y' is of domain 'other', which the model does not "
        "import");
}

}  // namespace
}  // namespace qtool
