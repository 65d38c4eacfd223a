// What the preparing pipeline makes of the sample models.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <map>

#include "ir/verify.h"
#include "onnx_io/onnx_io.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

namespace qtool {
namespace {

Model prepared(const std::string& name) {
  Model model = import_model(std::filesystem::path(QTOOL_DATA_DIR "/models") / (name + ".onnx"));
  infer_types(model);
  run_passes(model, prepare_pipeline());
  return model;
}

std::map<std::string, int> op_counts(const Model& model) {
  std::map<std::string, int> counts;
  for (const NodeId id : model.graph.nodes()) ++counts[model.graph.node(id).op_type];
  return counts;
}

TEST_CASE("no BatchNormalization is left behind a convolution") {
  for (const char* name : {"fashion_resnet", "fashion_mobile", "ultraface_rfb_320"}) {
    INFO(name);
    CHECK(op_counts(prepared(name)).count("BatchNormalization") == 0);
  }
}

TEST_CASE("the convolutions themselves stay, as many as there were") {
  CHECK(op_counts(prepared("fashion_resnet"))["Conv"] == 10);
  CHECK(op_counts(prepared("fashion_mobile"))["Conv"] == 17);
  CHECK(op_counts(prepared("ultraface_rfb_320"))["Conv"] == 52);
}

TEST_CASE("shapes are computed where the sizes are known") {
  for (const char* name : {"ultraface_rfb_320", "yunet_n_320"}) {
    INFO(name);
    std::map<std::string, int> counts = op_counts(prepared(name));
    for (const char* op : {"Shape", "Gather", "Unsqueeze", "Constant"}) {
      INFO(op);
      CHECK(counts[op] == 0);
    }
  }
}

TEST_CASE("CNTK's convolutions take their biases in, its product becomes a Gemm") {
  const std::map<std::string, int> expected = {
      {"Conv", 2}, {"Relu", 2}, {"MaxPool", 2}, {"Reshape", 1}, {"Gemm", 1}};
  const Model model = prepared("mnist_cntk");
  CHECK(op_counts(model) == expected);
  CHECK(model.graph.inputs().size() == 1);
}

TEST_CASE("every sample model passes, keeps its outputs, and has unique node names") {
  for (const auto& entry : std::filesystem::directory_iterator(QTOOL_DATA_DIR "/models")) {
    const std::string name = entry.path().stem().string();
    INFO(name);
    const Model before = import_model(entry.path());
    const Model after = prepared(name);
    verify(after);
    std::vector<std::string> names_before;
    std::vector<std::string> names_after;
    for (const ValueId id : before.graph.outputs())
      names_before.push_back(before.graph.value(id).name);
    for (const ValueId id : after.graph.outputs())
      names_after.push_back(after.graph.value(id).name);
    CHECK(names_after == names_before);
    std::set<std::string> node_names;
    for (const NodeId id : after.graph.nodes()) node_names.insert(after.graph.node(id).name);
    CHECK(node_names.size() == after.graph.node_count());
  }
}

}  // namespace
}  // namespace qtool
