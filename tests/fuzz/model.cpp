// A model is imported, its types are inferred, and it is compiled and run.
#include "base/parallel.h"
#include "fuzz/model_input.h"
#include "fuzz/target.h"
#include "onnx_io/onnx_io.h"

using namespace qtool;

FUZZ(bytes) {
  set_threads(1);
  ModelInput input = read_model_input(bytes);
  const CompileOptions options = {
      .fuse = (input.choices & 1) == 0,
      .first = (input.choices & 2) == 0 ? Provider::kSimd : Provider::kReference,
      .observed = {},
      .max_steps = 200,
      .max_bytes = std::size_t{1} << 19};
  if ((input.choices & 4) == 0) infer_types(input.model);
  Executor(std::move(input.model), options).run_data(input.feed);
}
