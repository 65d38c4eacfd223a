#include "kernels/reference/mel.h"

#include <cmath>

#include "kernels/reference/convert.h"

namespace qtool::reference {
namespace {

double to_mel(double hertz) { return 2595 * std::log10(1 + hertz / 700); }
double to_hertz(double mel) { return 700 * (std::pow(10, mel / 2595) - 1); }

// The bins of the triangles' corners: of band i they are i, i + 1 and i + 2.
std::vector<int64_t> corner_bins(const MelBank& bank) {
  const double low = to_mel(bank.lower_edge);
  const double step = (to_mel(bank.upper_edge) - low) / static_cast<double>(bank.bands + 2);
  std::vector<int64_t> bins;
  for (int64_t i = 0; i < bank.bands + 2; ++i) {
    const double place = static_cast<double>(bank.dft_length + 1) *
                         to_hertz(low + static_cast<double>(i) * step) /
                         static_cast<double>(bank.sample_rate);
    bins.push_back(convert_value<int64_t>(std::floor(place)));
  }
  return bins;
}

// Height at bin `i` of a triangle that rises from `left` to `center` and falls to `right`.
double height(int64_t i, int64_t left, int64_t center, int64_t right) {
  if (i == center) return 1;
  if (i < left || i >= right) return 0;
  return i < center ? static_cast<double>(i - left) / static_cast<double>(center - left)
                    : static_cast<double>(right - i) / static_cast<double>(right - center);
}

}  // namespace

std::vector<double> mel_weights(const MelBank& bank) {
  const std::vector<int64_t> bins = corner_bins(bank);
  std::vector<double> weights;
  for (int64_t i = 0; i <= bank.dft_length / 2; ++i)
    for (std::size_t band = 0; band + 2 < bins.size(); ++band)
      weights.push_back(height(i, bins[band], bins[band + 1], bins[band + 2]));
  return weights;
}

}  // namespace qtool::reference
