// What a project with find_package(qtool) writes: consumer <model.onnx> <quantized.onnx>.
#include <onnx_io/onnx_io.h>
#include <passes/pass.h>
#include <quant/plan.h>
#include <runtime/executor.h>

int main(int, char** argv) {
  using namespace qtool;
  Model model = import_model(argv[1]);
  raise_opset(model, kQuantizationOpset);
  infer_types(model);
  run_passes(model, prepare_pipeline());
  const QuantPlan plan = make_plan(model, {}, {.mode = Mode::kDynamic});
  apply_plan(model, plan);
  run_passes(model, finish_pipeline());
  save_model(model, argv[2]);
  const Executor executor(import_model(argv[2]));  // compiles what was written
}
