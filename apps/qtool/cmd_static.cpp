#include "calib/statistics.h"
#include "progress.h"
#include "quantize.h"
#include "sample_options.h"

namespace qtool {
namespace {

Ranges measure_ranges(const std::string& path, const Model& model, const QuantOptions& quant,
                      const SampleOptions& options, bool quiet) {
  set_threads(options.threads);
  const SampleReader samples(model.graph, options.path, options.reader_options());
  ProgressLine progress("calibrating", quiet);
  return with_context(
      [&] { return path; },
      [&] {
        return choose_minmax(calibrate(model, samples, values_to_calibrate(model, quant),
                                       progress.callback()));
      });
}

}  // namespace

void add_static_command(CLI::App& app) {
  auto options = std::make_shared<QuantizeOptions>();
  auto samples = std::make_shared<SampleOptions>();
  auto format = std::make_shared<std::string>("qdq");
  CLI::App* command = add_command(
      app, "static", "Quantize weights and activations, with ranges measured on samples",
      "  qtool static model.onnx out.onnx --calib samples/\n"
      "  qtool static model.onnx out.onnx --calib images.npy --scale 1/255 --mean 0.5 --std 0.25\n"
      "  qtool static model.onnx out.onnx --calib samples/ --format qoperator --per-tensor",
      options->common);
  add_quantize_options(*command, *options);
  add_sample_options(*command, "--calib", *samples);
  command->add_option("--format", *format, "qdq (default) or qoperator")
      ->check(CLI::IsMember({"qdq", "qoperator"}));
  command->callback([options, samples, format] {
    options->to_qoperator = *format == "qoperator";
    quantize_file(*options, [&](const Model& model, const QuantOptions& quant) {
      return measure_ranges(options->model, model, quant, *samples, options->common.quiet);
    });
  });
}

}  // namespace qtool
