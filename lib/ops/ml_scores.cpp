#include "ops/ml_scores.h"

#include <algorithm>
#include <cmath>

#include "ops/elements.h"

namespace qtool {
namespace {

void keep(std::vector<double>&) {}

void apply_logistic(std::vector<double>& scores) {
  for (double& score : scores) score = 1 / (1 + std::exp(-score));
}

void apply_softmax(std::vector<double>& scores) {
  if (scores.empty()) return;
  const double largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (double& score : scores) sum += score = std::exp(score - largest);
  for (double& score : scores) score /= sum;
}

// A score of 0 stays 0.
void apply_softmax_zero(std::vector<double>& scores) {
  if (scores.empty()) return;
  const double largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (double& score : scores)
    sum += score = std::abs(score) > 1e-7 ? std::exp(score - largest) : score * std::exp(-largest);
  for (double& score : scores) score = sum == 0 ? 0.5 : score / sum;
}

// The inverse of the standard normal distribution function, with Winitzki's approximation of the
// inverse error function ("A handy approximation for the error function and its inverse", 2008).
double probit(double x) {
  const double z = 2 * x - 1;
  const double log = std::log((1 - z) * (1 + z));
  const double a = 0.147;
  const double v = 2 / (M_PI * a) + log / 2;
  return std::copysign(M_SQRT2 * std::sqrt(std::sqrt(v * v - log / a) - v), z);
}

void apply_probit(std::vector<double>& scores) {
  for (double& score : scores) score = probit(score);
}

}  // namespace

OpSpec ml_op(std::string_view op_type, BindFn bind) {
  return {"ai.onnx.ml", op_type, {{Provider::kReference, bind}}};
}

Features read_features(const KernelCall& call) {
  const Tensor& x = call.input(0);
  if (x.rank() < 1 || x.rank() > 2) fail("input {} is no matrix", to_string(x.shape()));
  return {to_doubles(x), x.rank() == 2 ? x.dim(0) : 1, x.shape().back()};
}

std::vector<double> read_numbers(const BindContext& context, const std::string& name) {
  const auto list = context.attribute<std::vector<float>>(name, {});
  if (!list.empty()) return {list.begin(), list.end()};
  const auto* tensor = find_attribute<Constant>(context.node, name + "_as_tensor");
  return tensor == nullptr ? std::vector<double>() : to_doubles(*tensor->tensor);
}

PostTransform read_post_transform(const BindContext& context) {
  return post_transform(context.attribute<std::string>("post_transform", "NONE"));
}

PostTransform post_transform(std::string_view name) {
  if (name == "NONE") return keep;
  if (name == "LOGISTIC") return apply_logistic;
  if (name == "SOFTMAX") return apply_softmax;
  if (name == "SOFTMAX_ZERO") return apply_softmax_zero;
  if (name == "PROBIT") return apply_probit;
  fail("post_transform '{}' is not known", name);
}

ClassLabels::ClassLabels(const BindContext& context, const char* ints, const char* strings)
    : ints_(context.attribute<std::vector<int64_t>>(ints, {})),
      strings_(context.attribute<std::vector<std::string>>(strings, {})) {
  if (ints_.empty() == strings_.empty()) fail("one of {} and {} must be given", ints, strings);
}

Tensor ClassLabels::pick(const std::vector<std::size_t>& numbers) const {
  const auto labels = [&]<class T>(const std::vector<T>& names) {
    std::vector<T> picked;
    for (const std::size_t i : numbers) picked.push_back(i < names.size() ? names[i] : T());
    return Tensor::of<T>({std::ssize(picked)}, picked);
  };
  return ints_.empty() ? labels(strings_) : labels(ints_);
}

Tensor score_tensor(KernelCall& call, DType dtype, const std::vector<std::vector<double>>& rows,
                    std::size_t length) {
  std::vector<double> all;
  for (const auto& row : rows) all.insert(all.end(), row.begin(), row.end());
  return from_doubles(call, dtype, {std::ssize(rows), static_cast<int64_t>(length)}, all);
}

}  // namespace qtool
