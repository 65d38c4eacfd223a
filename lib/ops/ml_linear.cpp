#include <algorithm>

#include "ops/elements.h"
#include "ops/ml_scores.h"
#include "ops/registry.h"
#include "ops/types.h"

namespace qtool {
namespace {

// Rows of coefficients, each with an intercept: one linear function per row.
struct Linear {
  std::vector<double> coefficients;
  std::vector<double> intercepts;
  std::size_t functions;

  std::vector<double> scores(const double* x, int64_t features) const {
    std::vector<double> result;
    for (std::size_t f = 0; f < functions; ++f) {
      double sum = intercepts.empty() ? 0 : intercepts[f];
      const double* row = coefficients.data() + f * static_cast<std::size_t>(features);
      for (int64_t i = 0; i < features; ++i) sum += row[i] * x[i];
      result.push_back(sum);
    }
    return result;
  }
  void require_features(int64_t count) const {
    if (coefficients.size() != functions * static_cast<std::size_t>(count))
      fail("{} coefficients for {} features and {} scores", coefficients.size(), count, functions);
  }
};

Linear read_linear(const BindContext& context, std::size_t functions) {
  Linear linear{read_numbers(context, "coefficients"), read_numbers(context, "intercepts"),
                functions};
  if (!linear.intercepts.empty() && linear.intercepts.size() != functions)
    fail("{} intercepts for {} scores", linear.intercepts.size(), functions);
  return linear;
}

Kernel bind_linear_regressor(const BindContext& context) {
  const auto targets = context.attribute<int64_t>("targets", 1);
  if (targets < 1) fail("targets is {}", targets);
  return [linear = read_linear(context, static_cast<std::size_t>(targets)),
          transform = read_post_transform(context)](KernelCall& call) {
    const Features x = read_features(call);
    linear.require_features(x.count);
    std::vector<std::vector<double>> rows;
    for (int64_t i = 0; i < x.rows; ++i) {
      rows.push_back(linear.scores(x.row(i), x.count));
      transform(rows.back());
    }
    call.set_output(0, score_tensor(call, DType::kFloat32, rows, linear.functions));
  };
}

// Two classes may share one function: its score and the negative of it.
Kernel bind_linear_classifier(const BindContext& context) {
  const ClassLabels labels(context, "classlabels_ints", "classlabels_strings");
  const std::size_t intercepts = read_numbers(context, "intercepts").size();
  const bool shared = labels.size() == 2 && intercepts == 1;
  return [labels, shared, linear = read_linear(context, shared ? 1 : labels.size()),
          transform = read_post_transform(context)](KernelCall& call) {
    const Features x = read_features(call);
    linear.require_features(x.count);
    std::vector<std::vector<double>> rows;
    std::vector<std::size_t> best;
    for (int64_t i = 0; i < x.rows; ++i) {
      auto scores = linear.scores(x.row(i), x.count);
      if (shared) scores.insert(scores.begin(), -scores[0]);
      best.push_back(static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) -
                                              scores.begin()));
      if (labels.size() == 1 && !(scores[0] > 0)) best.back() = 1;
      transform(scores);
      rows.push_back(std::move(scores));
    }
    call.set_output(0, labels.pick(best));
    call.set_output(1, score_tensor(call, DType::kFloat32, rows, labels.size()));
  };
}

}  // namespace

std::span<const OpSpec> ml_linear_ops() {
  static const std::vector<OpSpec> kOps = {
      ml_op("LinearRegressor", bind_linear_regressor),
      ml_op("LinearClassifier", bind_linear_classifier),
  };
  return kOps;
}

}  // namespace qtool
