#pragma once

#include <complex>
#include <cstdint>
#include <vector>

namespace qtool::reference {

/// The discrete Fourier transform of a fixed length: y[k] = Σ_n x[n] · exp(∓2πi · k · n / length),
/// − forward and + inverse, not divided by anything. Cooley and Tukey's, 1965, for any factors; a
/// prime length takes length² steps.
class Fourier {
 public:
  /// `length` >= 1.
  Fourier(int64_t length, bool inverse);

  int64_t length() const { return std::ssize(roots_); }
  /// Transforms `length` numbers from x to y, which do not overlap.
  void run(const std::complex<double>* x, std::complex<double>* y);

 private:
  void split(const std::complex<double>* x, int64_t step, int64_t length, std::size_t level,
             std::complex<double>* y);

  std::vector<std::complex<double>> roots_;  // exp(∓2πi · k / length)
  std::vector<int64_t> factors_;             // primes whose product is the length
  std::vector<std::complex<double>> scratch_;
};

}  // namespace qtool::reference
