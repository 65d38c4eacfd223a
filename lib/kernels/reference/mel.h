#pragma once

#include <cstdint>
#include <vector>

namespace qtool::reference {

/// What a mel filter bank is made of; frequencies in hertz.
struct MelBank {
  int64_t bands;
  int64_t dft_length;
  int64_t sample_rate;
  double lower_edge;
  double upper_edge;
};

/// Weights [dft_length / 2 + 1, bands]: triangles of height 1 whose corners are evenly spaced in
/// mel(f) = 2595 · log10(1 + f / 700) and rounded down to bins of the spectrum, as
/// ONNX's MelWeightMatrix has it. What lies beyond the last bin is left out.
std::vector<double> mel_weights(const MelBank& bank);

}  // namespace qtool::reference
