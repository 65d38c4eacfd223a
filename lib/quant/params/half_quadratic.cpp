#include "quant/params/half_quadratic.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "quant/params/slice_error.h"

namespace qtool {
namespace {

constexpr int kIterations = 20;
constexpr double kGain = 1e-3;  // less is not worth another iteration
constexpr float kBeta = 10, kBetaGrowth = 1.01F;

// |x|^(3/4)
float power(float x) {
  x = std::fabs(x);
  return std::sqrt(x * std::sqrt(x));
}

double norm(std::span<const float> elements, Affine params, QuantRange range) {
  const Rounding round(params, range);
  return sum(elements.size(), [&](std::size_t i) {
    return double{power(elements[i] - round(elements[i]) * params.scale)};
  });
}

// argmin over e of |e|^p + β/2 · (e − r)², approximately: sign(r) · max(|r| − |r|^(p − 1) / β, 0).
float shrink(float r, float beta) {
  const float size = std::fabs(r);
  const float left = size - 1 / (beta * std::sqrt(std::sqrt(size)));
  return std::copysign(left > 0 ? left : 0.0F, r);
}

// Scale and a zero point that is any real number.
struct Line {
  float scale;
  float zero_point;
};

// For each element its integer, and where it should be without the part of its error that is kept.
struct Points {
  std::vector<float> integer;
  std::vector<float> target;
};

void find_points(std::span<const float> elements, Line line, QuantRange range, float beta,
                 Points& points) {
  const auto low = static_cast<float>(range.min), high = static_cast<float>(range.max);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const float x = elements[i], exact = x / line.scale + line.zero_point;
    const float q = nearest_integer(std::min(std::max(exact, low), high));
    points.integer[i] = q;
    points.target[i] = x - line.scale * shrink(exact - q, beta);
  }
}

// The line target = scale · (integer − zero_point) nearest to all points, by least squares, with
// the zero point given or free; nothing if they say none.
std::optional<Line> fit_line(const Points& points, std::optional<float> zero_point) {
  const std::vector<float>&q = points.integer, &t = points.target;
  const auto mean = [](const std::vector<float>& x) {
    return sum(x.size(), [&](std::size_t i) { return double{x[i]}; }) /
           static_cast<double>(x.size());
  };
  const double origin_q = zero_point ? double{*zero_point} : mean(q);
  const double origin_t = zero_point ? 0 : mean(t);
  const double tq =
      sum(q.size(), [&](std::size_t i) { return (t[i] - origin_t) * (q[i] - origin_q); });
  const double qq =
      sum(q.size(), [&](std::size_t i) { return (q[i] - origin_q) * (q[i] - origin_q); });
  const auto scale = static_cast<float>(tq / qq);
  if (!std::isnormal(scale) || scale < 0) return std::nullopt;
  return Line{scale, static_cast<float>(origin_q - origin_t / scale)};
}

Affine rounded(Line line, QuantRange range) {
  const double zero = std::nearbyint(double{line.zero_point});
  return {line.scale, static_cast<int32_t>(std::clamp<double>(zero, range.min, range.max))};
}

}  // namespace

Affine choose_half_quadratic(std::span<const float> elements, Affine start, QuantRange range,
                             bool symmetric) {
  Affine best = start;
  double least = norm(elements, start, range);
  const auto zero = static_cast<float>(start.zero_point);
  std::optional<Line> line = Line{start.scale, zero};
  Points points{std::vector<float>(elements.size()), std::vector<float>(elements.size())};
  float beta = kBeta;
  for (int i = 0; i < kIterations; ++i, beta *= kBetaGrowth) {
    find_points(elements, *line, range, beta, points);
    line = fit_line(points, symmetric ? std::optional(zero) : std::nullopt);
    if (!line) break;
    const Affine next = rounded(*line, range);
    const double error = norm(elements, next, range);
    const double gain = least - error;
    if (!(gain > 0)) break;
    best = next;
    least = error;
    if (gain < kGain * least) break;
  }
  return best;
}

}  // namespace qtool
