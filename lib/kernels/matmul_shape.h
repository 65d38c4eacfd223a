#pragma once

#include <compare>
#include <cstdint>
#include <vector>

namespace qtool {

/// y [batch..., m, n] = a [a_batch..., m, k] · b [b_batch..., k, n]. The batch axes are of equal
/// number; where they differ one of them is 1 and is repeated.
/// Transposed: the matrices lie as [k, m] or [n, k].
struct MatMulShape {
  std::vector<int64_t> a_batch;
  std::vector<int64_t> b_batch;
  int64_t m = 1;
  int64_t k = 1;
  int64_t n = 1;
  bool transpose_a = false;
  bool transpose_b = false;
  auto operator<=>(const MatMulShape&) const = default;
};

}  // namespace qtool
