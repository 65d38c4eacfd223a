#include "kernels/reference/fourier.h"

#include <algorithm>
#include <numbers>

namespace qtool::reference {

using Complex = std::complex<double>;

Fourier::Fourier(int64_t length, bool inverse) {
  const double turn = (inverse ? 2 : -2) * std::numbers::pi;
  for (int64_t k = 0; k < length; ++k)
    roots_.push_back(std::polar(1.0, turn * static_cast<double>(k) / static_cast<double>(length)));
  int64_t rest = length;
  for (int64_t p = 2; p * p <= rest; ++p)
    for (; rest % p == 0; rest /= p) factors_.push_back(p);
  if (rest > 1) factors_.push_back(rest);
  scratch_.resize(factors_.empty() ? 0 : static_cast<std::size_t>(factors_.back()));
}

void Fourier::run(const Complex* x, Complex* y) { split(x, 1, length(), 0, y); }

// With p parts of every p-th element, transformed to z[r]:
// y[q · m + k] = Σ_r root^(r · (q · m + k)) · z[r][k], m being the parts' length.
void Fourier::split(const Complex* x, int64_t step, int64_t length, std::size_t level, Complex* y) {
  if (level == factors_.size()) {
    *y = *x;
    return;
  }
  const int64_t p = factors_[level];
  const int64_t m = length / p;
  for (int64_t r = 0; r < p; ++r) split(x + r * step, step * p, m, level + 1, y + r * m);
  for (int64_t k = 0; k < m; ++k) {
    for (int64_t r = 0; r < p; ++r) scratch_[static_cast<std::size_t>(r)] = y[r * m + k];
    for (int64_t at = k; at < length; at += m) {
      Complex sum = 0;
      int64_t turns = 0;  // r · at modulo length
      for (int64_t r = 0; r < p; ++r, turns += turns < length - at ? at : at - length) {
        const Complex& a = scratch_[static_cast<std::size_t>(r)];
        const Complex& b = roots_[static_cast<std::size_t>(turns * step)];
        // Written out, as the product of std::complex looks for infinities.
        sum += Complex(a.real() * b.real() - a.imag() * b.imag(),
                       a.real() * b.imag() + a.imag() * b.real());
      }
      y[at] = sum;
    }
  }
}

}  // namespace qtool::reference
