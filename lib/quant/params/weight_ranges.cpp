#include "quant/params/weight_ranges.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "quant/params/half_quadratic.h"
#include "quant/params/slice_error.h"

namespace qtool {
namespace {

struct Ends {
  float min;
  float max;
};

// In lanes, which compilers turn into vectors.
Ends ends_of(std::span<const float> elements) {
  constexpr std::size_t kLanes = 16;
  std::array<float, kLanes> low{}, high{};
  std::size_t i = 0;
  for (; i + kLanes <= elements.size(); i += kLanes)
    for (std::size_t j = 0; j < kLanes; ++j) {
      const float x = elements[i + j];
      low[j] = x < low[j] ? x : low[j];
      high[j] = x > high[j] ? x : high[j];
    }
  Ends ends{*std::min_element(low.begin(), low.end()), *std::max_element(high.begin(), high.end())};
  for (const float x : elements.subspan(i)) {
    ends.min = std::min(ends.min, x);
    ends.max = std::max(ends.max, x);
  }
  return ends;
}

// Parameters for ranges, with scales that are numbers of the type they will be held in.
class RangeRule {
 public:
  RangeRule(const WeightScheme& scheme, DType real) : scheme_(scheme), real_(real) {}

  Affine operator()(Ends ends) const {
    return held(
        choose_affine(ends.min, ends.max, scheme_.dtype, scheme_.symmetric, scheme_.reduce_range));
  }

  // The same with the scale rounded to the type, but not to 0.
  Affine held(Affine params) const {
    if (real_ == DType::kFloat16)
      params.scale = std::max<float>(Half(params.scale), from_bits<Half>(1));
    if (real_ == DType::kBFloat16) params.scale = BFloat16(params.scale);
    return params;
  }

 private:
  const WeightScheme& scheme_;
  DType real_;
};

// The best parameters seen so far by Σ (x − x̂)².
class Search {
 public:
  Search(std::span<const float> elements, QuantRange range, Affine start)
      : elements_(elements),
        range_(range),
        best_(start),
        error_(squared_error(elements, start, range)) {}

  bool try_params(Affine params) {
    const double error = squared_error(elements_, params, range_);
    if (error >= error_ * (1 - 1e-9)) return false;  // not a difference of rounding
    best_ = params;
    error_ = error;
    return true;
  }
  Affine best() const { return best_; }

 private:
  std::span<const float> elements_;
  QuantRange range_;
  Affine best_;
  double error_;
};

// Where the ends are cut, as binary logarithms of what is left of them, at most 0.
struct Cut {
  double low = 0;
  double high = 0;
};

Ends cut_ends(Ends ends, Cut cut) {
  return {static_cast<float>(ends.min * std::exp2(cut.low)),
          static_cast<float>(ends.max * std::exp2(cut.high))};
}

// The neighbours of a cut: both ends together where they share a scale, else each alone.
std::vector<Cut> neighbours(Cut cut, double step, bool symmetric) {
  const auto moved = [](double at, double by) { return std::min(at + by, 0.0); };
  if (symmetric)
    return {{moved(cut.low, step), moved(cut.high, step)}, {cut.low - step, cut.high - step}};
  return {{moved(cut.low, step), cut.high},
          {cut.low - step, cut.high},
          {cut.low, moved(cut.high, step)},
          {cut.low, cut.high - step}};
}

Affine choose_mse(std::span<const float> elements, const WeightScheme& scheme,
                  const RangeRule& rule) {
  constexpr int kStepsPerOctave = 8, kOctaves = 4, kRefinements = 4, kFits = 3;
  const QuantRange range = quant_range(scheme.dtype);
  const Ends ends = ends_of(elements);
  Search search(elements, range, rule(ends));
  Cut cut;
  const auto try_cut = [&](Cut next) {
    if (search.try_params(rule(cut_ends(ends, next)))) cut = next;
  };
  for (int i = 1; i <= kStepsPerOctave * kOctaves; ++i) {
    const double both = -static_cast<double>(i) / kStepsPerOctave;
    try_cut({both, both});
  }
  double step = 1.0 / kStepsPerOctave;
  for (int i = 0; i < kRefinements; ++i, step /= 2)
    for (const Cut next : neighbours(cut, step, scheme.symmetric)) try_cut(next);
  for (int i = 0; i < kFits; ++i)
    if (!search.try_params(rule.held(fit_scale(elements, search.best(), range)))) break;
  return search.best();
}

// As numpy.percentile(elements, 100 · fraction): linear between neighbours of the sorted elements.
float quantile(std::span<float> elements, double fraction) {
  const double at = fraction * static_cast<double>(elements.size() - 1);
  const auto below = elements.begin() + static_cast<std::ptrdiff_t>(at);
  std::nth_element(elements.begin(), below, elements.end());
  const double low = *below, weight = at - std::floor(at);
  if (weight == 0) return *below;
  const double high = *std::min_element(below + 1, elements.end());
  return static_cast<float>(low + (high - low) * weight);
}

Affine choose_percentile(std::span<const float> slice, const WeightScheme& scheme,
                         const RangeRule& rule) {
  constexpr double kKept = 0.9999;
  const Ends all = ends_of(slice);
  if (slice.empty()) return rule(all);
  std::vector<float> elements(slice.begin(), slice.end());
  Ends ends{0, 0};
  if (scheme.symmetric) {
    for (float& x : elements) x = std::fabs(x);
    ends.max = quantile(elements, kKept);
  } else {
    ends = {std::min(quantile(elements, (1 - kKept) / 2), 0.0F),
            std::max(quantile(elements, (1 + kKept) / 2), 0.0F)};
  }
  // Almost all are 0: the others are what counts.
  return rule(ends.min == ends.max ? all : ends);
}

}  // namespace

Affine choose_slice_params(std::span<const float> elements, const WeightScheme& scheme,
                           DType real) {
  const RangeRule rule(scheme, real);
  if (scheme.reduce_range || largest_number(scheme.dtype)) return rule(ends_of(elements));
  switch (scheme.method) {
    case WeightMethod::kMinMax:
      return rule(ends_of(elements));
    case WeightMethod::kMse:
      return choose_mse(elements, scheme, rule);
    case WeightMethod::kPercentile:
      return choose_percentile(elements, scheme, rule);
    case WeightMethod::kHqq:
      return rule.held(choose_half_quadratic(elements, choose_mse(elements, scheme, rule),
                                             quant_range(scheme.dtype), scheme.symmetric));
  }
  QTOOL_ASSERT(false);
}

}  // namespace qtool
