// A model's file: its large data stays in the file, which must make no difference.
#include "fuzz/memory_file.h"
#include "fuzz/target.h"
#include "onnx_io/onnx_io.h"

using namespace qtool;

FUZZ(bytes) {
  const MemoryFile file(bytes);
  const std::string from_file = serialize_model(import_model(file.path()));
  QTOOL_ASSERT(serialize_model(parse_model(bytes)) == from_file);
}
