#include "quant/params/slice_error.h"

#include <algorithm>

namespace qtool {

double squared_error(std::span<const float> elements, Affine params, QuantRange range) {
  constexpr std::size_t kChunk = 256;  // in two simple loops, so that both vectorize
  const Rounding round(params, range);
  float errors[kChunk];
  double total = 0;
  for (std::size_t first = 0; first < elements.size(); first += kChunk) {
    const auto chunk = elements.subspan(first, std::min(kChunk, elements.size() - first));
    for (std::size_t i = 0; i < chunk.size(); ++i)
      errors[i] = chunk[i] - round(chunk[i]) * params.scale;
    total += sum(chunk.size(), [&](std::size_t i) { return double{errors[i]} * errors[i]; });
  }
  return total;
}

Affine fit_scale(std::span<const float> elements, Affine params, QuantRange range) {
  const Rounding round(params, range);
  const auto d = [&](std::size_t i) { return double{round(elements[i])}; };
  const double xd = sum(elements.size(), [&](std::size_t i) { return elements[i] * d(i); });
  const double dd = sum(elements.size(), [&](std::size_t i) { return d(i) * d(i); });
  const auto scale = static_cast<float>(xd / dd);
  if (!std::isnormal(scale) || scale < 0) return params;
  return {scale, params.zero_point};
}

}  // namespace qtool
