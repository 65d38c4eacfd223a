#include "calibration.h"

#include "progress.h"

namespace qtool {

Ranges measure_ranges(const std::string& path, const Model& model, const QuantOptions& quant,
                      const SampleOptions& options, bool quiet) {
  const CalibrationTargets targets = values_to_calibrate(model, quant);
  if (targets.values.empty()) return {};
  if (options.path.empty())
    throw CLI::ValidationError(
        "--calib", "static nodes need ranges measured on samples; qtool static takes them");
  set_threads(options.threads);
  const SampleReader samples(model.graph, options.path, options.reader_options());
  ProgressLine progress("calibrating", quiet);
  return with_context(
      [&] { return path; },
      [&] { return choose_minmax(calibrate(model, samples, targets, progress.callback())); });
}

}  // namespace qtool
