#include "calibration.h"
#include "output_checks.h"
#include "quantize.h"

namespace qtool {

void add_plan_command(CLI::App& app) {
  auto options = std::make_shared<QuantizeOptions>();
  auto calibration = std::make_shared<CalibrationOptions>();
  CLI::App* command =
      add_command(app, "plan", "Write what quantization would do as a file to read, edit and apply",
                  "  qtool plan model.onnx -o plan.json --calib samples/\n"
                  "  qtool plan model.onnx -o plan.json --dynamic\n"
                  "  qtool static model.onnx out.onnx --plan plan.json",
                  options->common);
  command->add_option("model", options->model, "Float model (.onnx)")->required();
  command->add_option("-o,--output", options->output, "Plan to write (.json)")
      ->check(output_file())
      ->required();
  command->add_flag_callback(
      "--dynamic", [options] { options->quant.mode = Mode::kDynamic; },
      "Plan what qtool dynamic would do; without it, what qtool static would");
  add_plan_options(*command, *options);
  add_calibration_options(*command, *calibration);
  command->callback([options, calibration] {
    plan_file(*options, [&](Model& model, const QuantOptions& quant) {
      return find_ranges(*options, model, quant, *calibration);
    });
  });
}

}  // namespace qtool
