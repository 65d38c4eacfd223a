#include <algorithm>
#include <array>
#include <set>

#include "ops/elements.h"
#include "ops/ml_scores.h"
#include "ops/registry.h"
#include "ops/tree_ensemble.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

using Rows = std::vector<std::vector<double>>;

std::size_t read_targets(const BindContext& context) {
  const auto targets = context.attribute<int64_t>("n_targets", 1);
  if (targets < 1 || targets > int64_t{1} << 24) fail("n_targets is {}", targets);
  return static_cast<std::size_t>(targets);
}

Rows score_rows(const TreeEnsemble& trees, const Features& x, std::size_t targets,
                ref::Aggregate aggregate) {
  if (static_cast<std::size_t>(x.count) < trees.features)
    fail("the trees look at {} features, the input has {}", trees.features, x.count);
  Rows rows;
  for (int64_t i = 0; i < x.rows; ++i) rows.push_back(trees.scores(x.row(i), targets, aggregate));
  return rows;
}

Kernel bind_tree_ensemble(const BindContext& context) {
  static constexpr std::array<const char*, 5> kTransforms = {"NONE", "SOFTMAX", "LOGISTIC",
                                                             "SOFTMAX_ZERO", "PROBIT"};
  const auto transform = context.attribute<int64_t>("post_transform", 0);
  const auto aggregate = context.attribute<int64_t>("aggregate_function", 1);
  if (transform < 0 || transform > 4) fail("post_transform {} is not known", transform);
  if (aggregate < 0 || aggregate > 3) fail("aggregate_function {} is not known", aggregate);
  const std::size_t targets = read_targets(context);
  return [targets, trees = read_trees(context, targets),
          change = post_transform(kTransforms[static_cast<std::size_t>(transform)]),
          how = static_cast<ref::Aggregate>(aggregate)](KernelCall& call) {
    Rows rows = score_rows(trees, read_features(call), targets, how);
    for (auto& row : rows) change(row);
    call.set_output(0, score_tensor(call, call.input(0).dtype(), rows, targets));
  };
}

ref::Aggregate read_aggregate(const BindContext& context) {
  const auto name = context.attribute<std::string>("aggregate_function", "SUM");
  if (name == "AVERAGE") return ref::Aggregate::kAverage;
  if (name == "SUM") return ref::Aggregate::kSum;
  if (name == "MIN") return ref::Aggregate::kMin;
  if (name == "MAX") return ref::Aggregate::kMax;
  fail("aggregate_function '{}' is not known", name);
}

Kernel bind_regressor(const BindContext& context) {
  const std::size_t targets = read_targets(context);
  const std::vector<double> base = read_numbers(context, "base_values");
  if (!base.empty() && base.size() != targets)
    fail("{} base_values for {} targets", base.size(), targets);
  return [targets, base, trees = read_named_trees(context, "target", targets),
          how = read_aggregate(context), change = read_post_transform(context)](KernelCall& call) {
    Rows rows = score_rows(trees, read_features(call), targets, how);
    for (auto& row : rows) {
      for (std::size_t i = 0; i < base.size(); ++i) row[i] += base[i];
      change(row);
    }
    call.set_output(0, score_tensor(call, DType::kFloat32, rows, targets));
  };
}

// Two classes whose leaves all speak for one, taken as onnxruntime takes them: as the probability of
// the second class if no weight is negative, else as a score that is positive for it.
struct Binary {
  bool probability;
  std::size_t target;  // the class that the leaves name
  PostTransform change;

  std::size_t label(double score) const { return score > (probability ? 0.5 : 0) ? 1 : 0; }
  std::vector<double> scores(double score) const {
    const bool stays = change == post_transform("NONE") || change == post_transform("PROBIT");
    std::vector<double> both = {probability && stays ? 1 - score : -score, score};
    change(both);
    return both;
  }
};

std::optional<Binary> read_binary(const BindContext& context, std::size_t classes) {
  const auto ids = context.attribute<std::vector<int64_t>>("class_ids", {});
  if (classes != 2 || ids.empty() || std::set<int64_t>(ids.begin(), ids.end()).size() != 1)
    return std::nullopt;
  const std::vector<double> weights = read_numbers(context, "class_weights");
  const bool positive =
      std::none_of(weights.begin(), weights.end(), [](double w) { return w < 0; });
  return Binary{positive, static_cast<std::size_t>(ids[0]), read_post_transform(context)};
}

Kernel bind_classifier(const BindContext& context) {
  const ClassLabels labels(context, "classlabels_int64s", "classlabels_strings");
  const std::size_t classes = labels.size();
  const std::vector<double> base = read_numbers(context, "base_values");
  const auto binary = read_binary(context, classes);
  if (!base.empty() && base.size() != classes && !(binary && base.size() == 1))
    fail("{} base_values for {} classes", base.size(), classes);
  return [=, trees = read_named_trees(context, "class", classes),
          change = read_post_transform(context)](KernelCall& call) {
    Rows rows = score_rows(trees, read_features(call), classes, ref::Aggregate::kSum);
    std::vector<std::size_t> best;
    for (auto& row : rows) {
      if (binary) {
        const double score = row[binary->target] + (base.empty() ? 0 : base.back());
        best.push_back(binary->label(score));
        row = binary->scores(score);
        continue;
      }
      for (std::size_t i = 0; i < base.size(); ++i) row[i] += base[i];
      best.push_back(
          static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin()));
      change(row);
    }
    call.set_output(0, labels.pick(best));
    call.set_output(1, score_tensor(call, DType::kFloat32, rows, classes));
  };
}

}  // namespace

std::span<const OpSpec> ml_trees_ops() {
  static const std::vector<OpSpec> kOps = {
      ml_op("TreeEnsemble", bind_tree_ensemble),
      ml_op("TreeEnsembleRegressor", bind_regressor),
      ml_op("TreeEnsembleClassifier", bind_classifier),
  };
  return kOps;
}

}  // namespace qtool
