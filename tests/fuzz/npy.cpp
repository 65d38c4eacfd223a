// A .npy file is decoded, and all of its elements are read.
#include "fuzz/target.h"
#include "tensor/npy_format.h"

using namespace qtool;

FUZZ(bytes) {
  const Tensor tensor = decode_npy(bytes, nullptr);
  QTOOL_ASSERT(tensor == tensor.clone());
}
