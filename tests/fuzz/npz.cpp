// An .npz archive is read, and all elements of all its arrays.
#include "fuzz/memory_file.h"
#include "fuzz/target.h"
#include "tensor/npy.h"

using namespace qtool;

FUZZ(bytes) {
  const MemoryFile file(bytes);
  for (const auto& [name, tensor] : read_npz(file.path())) QTOOL_ASSERT(tensor == tensor.clone());
}
