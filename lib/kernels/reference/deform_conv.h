#pragma once

#include "kernels/window.h"

namespace qtool::reference {

/// What a deformable convolution reads: for each of the input's `groups` of channels its own
/// offsets [groups, kernel elements, axes, output...] in elements, and factors
/// [groups, kernel elements, output...], null for 1.
template <class T>
struct Deformation {
  int64_t groups;
  const T* offsets;
  const T* mask;
};

/// One image x [channels, input...] cut into columns [channels, kernel elements, output...]: the
/// values that each kernel element meets at each output, interpolated linearly, with zeros outside
/// of x. Dai et al., "Deformable Convolutional Networks", 2017, equation 2. Float and double.
template <class T>
void deformed_columns(const Window& window, int64_t channels, const Deformation<T>& deformation,
                      const T* x, T* columns);

}  // namespace qtool::reference
