#pragma once

#include <cstdint>

namespace qtool::reference {

/// Integer matrix product acc [m, n] = a [m, k] · b [k, n], all row-major, summed in int32. Both
/// inputs have had their zero points subtracted.
void integer_matmul(int64_t m, int64_t k, int64_t n, const int16_t* a, const int16_t* b,
                    int32_t* acc);

}  // namespace qtool::reference
