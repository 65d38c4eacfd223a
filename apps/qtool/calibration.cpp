#include "calibration.h"

#include "base/file.h"
#include "calib/foreign_ranges.h"
#include "calib/ranges_file.h"
#include "progress.h"

namespace qtool {
namespace {

Ranges measure_ranges(const Model& model, const CalibrationTargets& targets,
                      const SampleOptions& options, bool quiet) {
  if (options.path.empty())
    throw CLI::ValidationError(
        "--calib", "static nodes need ranges measured on samples; qtool static takes them");
  set_threads(options.threads);
  const SampleReader samples(model.graph, options.path, options.reader_options());
  ProgressLine progress("calibrating", quiet);
  return choose_minmax(calibrate(model, samples, targets, progress.callback()));
}

}  // namespace

void add_calibration_options(CLI::App& command, CalibrationOptions& options) {
  CLI::Option* calib = add_sample_options(command, "--calib", options.samples)->required(false);
  command
      .add_option("--ranges", options.ranges,
                  "Take the ranges from this file: of --save-ranges, onnxruntime's calibration "
                  "cache, AIMET's encodings or ncnn's table")
      ->excludes(calib);
  command.add_option("--save-ranges", options.save_ranges, "Write the measured ranges (.json)")
      ->needs(calib);
}

Ranges find_ranges(const std::string& path, const Model& model, const QuantOptions& quant,
                   const CalibrationOptions& options, bool quiet) {
  if (!options.ranges.empty()) return read_foreign_ranges(options.ranges, model.graph);
  const CalibrationTargets targets = values_to_calibrate(model, quant);
  const bool none_needed = targets.values.empty();
  if (none_needed && (targets.finite.empty() || options.samples.path.empty())) return {};
  Ranges ranges = with_context(
      [&] { return path; }, [&] { return measure_ranges(model, targets, options.samples, quiet); });
  if (!options.save_ranges.empty()) write_file(options.save_ranges, ranges_json(ranges));
  return ranges;
}

}  // namespace qtool
