#include "calibration.h"
#include "quantize.h"

namespace qtool {

void add_dynamic_command(CLI::App& app) {
  auto options = std::make_shared<QuantizeOptions>();
  options->quant.mode = Mode::kDynamic;
  CLI::App* command = add_command(
      app, "dynamic", "Quantize weights now and activations while running; needs no data",
      "  qtool dynamic model.onnx out.onnx\n"
      "  qtool dynamic model.onnx out.onnx --per-tensor --weight-type u8\n"
      "  qtool dynamic model.onnx out.onnx --mode '*=weight_only' --weight-type s4 --block-size "
      "32\n"
      "  qtool dynamic model.onnx out.onnx --mode '*=float16'",
      options->common);
  add_quantize_options(*command, *options);
  command->callback([options] {
    quantize_file(*options, [&](Model& model, const QuantOptions& quant) {
      return find_ranges(*options, model, quant, {});
    });
  });
}

}  // namespace qtool
