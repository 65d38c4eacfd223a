#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <limits>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;
using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;
using Strings = std::vector<std::string>;

OpRun ml(const char* op_type, int64_t opset = 3) { return OpRun(op_type, opset, "ai.onnx.ml"); }

// One tree: x0 <= 1 leads to leaf 1 (weight 2), else to leaf 2 (weight 5); NaN to leaf 2.
OpRun stump(const char* op_type, const std::string& kind) {
  OpRun run = ml(op_type);
  run.attribute("nodes_treeids", Ints{0, 0, 0})
      .attribute("nodes_nodeids", Ints{0, 1, 2})
      .attribute("nodes_featureids", Ints{0, 0, 0})
      .attribute("nodes_modes", Strings{"BRANCH_LEQ", "LEAF", "LEAF"})
      .attribute("nodes_values", Floats{1, 0, 0})
      .attribute("nodes_truenodeids", Ints{1, 0, 0})
      .attribute("nodes_falsenodeids", Ints{2, 0, 0})
      .attribute(kind + "_treeids", Ints{0, 0})
      .attribute(kind + "_nodeids", Ints{1, 2})
      .attribute(kind + "_weights", Floats{2, 5});
  return run;
}

TEST_CASE("trees lead to their leaves, NaN where the tree says") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(stump("TreeEnsembleRegressor", "target")
            .attribute("target_ids", Ints{1, 1})
            .attribute("n_targets", int64_t{2})
            .attribute("base_values", Floats{1, 1})
            .input(floats({3, 1}, {1, 2, nan}))
            .result() == floats({3, 2}, {1, 3, 1, 6, 1, 6}));
  const auto y = stump("TreeEnsembleClassifier", "class")
                     .attribute("class_ids", Ints{0, 2})
                     .attribute("classlabels_strings", Strings{"a", "b", "c"})
                     .input(Tensor::of<double>({2, 1}, {0, 9}))
                     .run(Provider::kReference, 2);
  CHECK(y[0] == Tensor::of<std::string>({2}, {"a", "c"}));
  CHECK(y[1] == floats({2, 3}, {2, 0, 0, 0, 0, 5}));
}

TEST_CASE("trees that are none are errors") {
  const auto error = [](const char* attribute, AttributeValue value) {
    Ints ids = {0, 0};
    OpRun run = ml("TreeEnsembleRegressor");
    run.attribute(attribute, value);  // the first of a name counts
    run.attribute("nodes_treeids", Ints{0, 0, 0})
        .attribute("nodes_nodeids", Ints{0, 1, 2})
        .attribute("nodes_featureids", Ints{0, 0, 0})
        .attribute("nodes_modes", Strings{"BRANCH_LEQ", "LEAF", "LEAF"})
        .attribute("nodes_values", Floats{1, 0, 0})
        .attribute("nodes_truenodeids", Ints{1, 0, 0})
        .attribute("nodes_falsenodeids", Ints{2, 0, 0})
        .attribute("target_treeids", ids)
        .attribute("target_nodeids", Ints{1, 2})
        .attribute("target_ids", ids)
        .attribute("target_weights", Floats{2, 5})
        .input(floats({1, 1}, {0}));
    return run.error();
  };
  CHECK_THAT(error("nodes_truenodeids", Ints{0, 0, 0}), ContainsSubstring("form a cycle"));
  CHECK_THAT(error("nodes_truenodeids", Ints{7, 0, 0}), ContainsSubstring("no node 7"));
  CHECK_THAT(error("nodes_featureids", Ints{3, 0, 0}), ContainsSubstring("4 features"));
  CHECK_THAT(error("nodes_featureids", Ints{-1, 0, 0}), ContainsSubstring("feature -1"));
  CHECK_THAT(error("nodes_nodeids", Ints{0, 1, 1}), ContainsSubstring("two nodes 1"));
  CHECK_THAT(error("target_ids", Ints{0, 1}), ContainsSubstring("target 1 does not exist"));
  CHECK_THAT(error("nodes_values", Floats{1}), ContainsSubstring("1 nodes_values for 3 nodes"));
}

TEST_CASE("labels are mapped, NaN among them") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(ml("LabelEncoder", 2)
            .attribute("keys_floats", Floats{1, nan})
            .attribute("values_strings", Strings{"one", "none"})
            .input(floats({3}, {nan, 2, 1}))
            .result() == Tensor::of<std::string>({3}, {"none", "_Unused", "one"}));
  CHECK(ml("LabelEncoder", 1)
            .attribute("classes_strings", Strings{"a", "b"})
            .input(int64s({1, 5}))
            .result() == Tensor::of<std::string>({2}, {"b", "_Unused"}));
  CHECK_THAT(ml("LabelEncoder", 2)
                 .attribute("keys_floats", Floats{1})
                 .attribute("values_strings", Strings{})
                 .input(floats({1}, {1}))
                 .error(),
             ContainsSubstring("1 keys for 0 values"));
}

TEST_CASE("linear models check their coefficients") {
  const auto classify = [](Floats coefficients) {
    return ml("LinearClassifier", 1)
        .attribute("coefficients", std::move(coefficients))
        .attribute("intercepts", Floats{0.5F})
        .attribute("classlabels_ints", Ints{7, 8})
        .input(int64s({1, -2}));
  };
  const auto y = classify({1, 0}).run(Provider::kReference, 2);
  CHECK(y[0] == int64s({8}));
  CHECK(y[1] == floats({1, 2}, {-1.5F, 1.5F}));
  CHECK_THAT(classify({1, 2, 3}).error(), ContainsSubstring("3 coefficients for 2 features"));
}

}  // namespace
}  // namespace qtool
