#include "quant/params/product_scales.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace qtool {
namespace {

constexpr std::array kAlphas = {0.3, 0.4, 0.5, 0.6, 0.7, 0.8};

// The estimate of the error knows ranges only: a smaller gain may be none.
constexpr double kWorthwhile = 0.5;

double largest(const Range& range) { return std::max(std::fabs(range.min), std::fabs(range.max)); }

double levels(DType dtype) {
  const auto [low, high] = quant_range(dtype);
  return high - low;
}

// Rows are channels.
float element(const ProductWeight& weight, std::size_t channels, std::size_t k, std::size_t n) {
  const std::size_t columns = static_cast<std::size_t>(weight.tensor->size()) / channels;
  return weight.tensor->data<float>()[weight.transposed ? n * channels + k : k * columns + n];
}

class FactorSearch {
 public:
  FactorSearch(std::span<const Range> channels, std::span<const ProductWeight> weights,
               const ActivationScheme& activation, const WeightScheme& scheme);

  std::vector<double> factors(double alpha) const;
  double error(const std::vector<double>& factors) const;

 private:
  double activation_step(const std::vector<double>& factors) const;
  double weight_steps(const ProductWeight& weight, const std::vector<double>& factors) const;

  std::span<const Range> channels_;
  std::span<const ProductWeight> weights_;
  const ActivationScheme& activation_;
  const WeightScheme& scheme_;
  std::vector<double> row_max_, row_power_;  // of all weights, by channel
};

FactorSearch::FactorSearch(std::span<const Range> channels, std::span<const ProductWeight> weights,
                           const ActivationScheme& activation, const WeightScheme& scheme)
    : channels_(channels),
      weights_(weights),
      activation_(activation),
      scheme_(scheme),
      row_max_(channels.size()),
      row_power_(channels.size()) {
  for (const ProductWeight& weight : weights)
    for (std::size_t k = 0; k < channels.size(); ++k)
      for (std::size_t n = 0; n < static_cast<std::size_t>(weight.tensor->size()) / channels.size();
           ++n) {
        const double w = element(weight, channels.size(), k, n);
        row_max_[k] = std::max(row_max_[k], std::fabs(w));
        row_power_[k] += w * w;
      }
}

// A channel without numbers on one of both sides keeps 1.
std::vector<double> FactorSearch::factors(double alpha) const {
  std::vector<double> result(channels_.size(), 1.0);
  for (std::size_t k = 0; k < channels_.size(); ++k)
    if (const double x = largest(channels_[k]); x > 0 && row_max_[k] > 0)
      result[k] = std::pow(x, alpha) / std::pow(row_max_[k], 1 - alpha);
  return result;
}

double FactorSearch::activation_step(const std::vector<double>& factors) const {
  double low = 0, high = 0;
  for (std::size_t k = 0; k < channels_.size(); ++k) {
    low = std::min(low, channels_[k].min / factors[k]);
    high = std::max(high, channels_[k].max / factors[k]);
  }
  const double width = activation_.symmetric ? 2 * std::max(-low, high) : high - low;
  return width / levels(activation_.dtype);
}

// Σ s_w², over the columns.
double FactorSearch::weight_steps(const ProductWeight& weight,
                                  const std::vector<double>& factors) const {
  const std::size_t columns = static_cast<std::size_t>(weight.tensor->size()) / channels_.size();
  std::vector<double> ends(columns);
  for (std::size_t k = 0; k < channels_.size(); ++k)
    for (std::size_t n = 0; n < columns; ++n)
      ends[n] = std::max(ends[n], std::fabs(element(weight, channels_.size(), k, n)) * factors[k]);
  if (!scheme_.per_channel && columns > 0)
    ends.assign(columns, *std::max_element(ends.begin(), ends.end()));
  double sum = 0;
  for (const double end : ends) sum += end * end;
  const double step = 2 / levels(scheme_.dtype);
  return sum * step * step;
}

double FactorSearch::error(const std::vector<double>& factors) const {
  double by_activation = 0, by_weight = 0, steps = 0;
  for (std::size_t k = 0; k < channels_.size(); ++k) {
    by_activation += factors[k] * factors[k] * row_power_[k];
    const double m = largest(channels_[k]) / 4 / factors[k];
    by_weight += m * m;
  }
  for (const ProductWeight& weight : weights_) steps += weight_steps(weight, factors);
  const double s = activation_step(factors);
  return s * s * by_activation + by_weight * steps;
}

}  // namespace

std::vector<float> choose_product_factors(std::span<const Range> channels,
                                          std::span<const ProductWeight> weights,
                                          const ActivationScheme& activation,
                                          const WeightScheme& scheme) {
  const FactorSearch search(channels, weights, activation, scheme);
  double least = kWorthwhile * search.error(std::vector<double>(channels.size(), 1.0));
  std::vector<double> best;
  for (const double alpha : kAlphas) {
    std::vector<double> factors = search.factors(alpha);
    const double error = search.error(factors);
    if (!(error < least)) continue;
    least = error;
    best = std::move(factors);
  }
  return {best.begin(), best.end()};
}

}  // namespace qtool
