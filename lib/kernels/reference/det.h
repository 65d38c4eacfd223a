#pragma once

#include <cstdint>

namespace qtool::reference {

/// Determinant of a [size, size] matrix, by LU decomposition with row exchanges in double. 1 for
/// size 0. For float and double.
template <class T>
T determinant(int64_t size, const T* matrix);

}  // namespace qtool::reference
