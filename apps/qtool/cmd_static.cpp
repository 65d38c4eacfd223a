#include "calibration.h"
#include "quantize.h"

namespace qtool {

void add_static_command(CLI::App& app) {
  auto options = std::make_shared<QuantizeOptions>();
  auto calibration = std::make_shared<CalibrationOptions>();
  CLI::App* command = add_command(
      app, "static", "Quantize weights and activations, with ranges measured on samples",
      "  qtool static model.onnx out.onnx --calib samples/\n"
      "  qtool static model.onnx out.onnx --calib images.npy --scale 1/255 --mean 0.5 --std 0.25\n"
      "  qtool static model.onnx out.onnx --calib samples/ --format qoperator --per-tensor\n"
      "  qtool static model.onnx out.onnx --calib samples/ --mode 'op:MatMul=dynamic'\n"
      "  qtool static model.onnx out.onnx --calib samples/ --report report.html\n"
      "  qtool static model.onnx out.onnx --plan plan.json",
      options->common);
  add_quantize_options(*command, *options);
  add_calibration_options(*command, *calibration);
  for (const char* ranges : {"--calib", "--ranges"})
    command->get_option("--plan")->excludes(command->get_option(ranges));
  command->callback([options, calibration] {
    CalibrationRecord record;
    CalibrationRecord* const wanted = options->report.empty() ? nullptr : &record;
    quantize_file(
        *options,
        [&](Model& model, const QuantOptions& quant) {
          return find_ranges(*options, model, quant, *calibration, wanted);
        },
        wanted);
  });
}

}  // namespace qtool
