#include "calibration.h"

#include <spdlog/spdlog.h>

#include "base/file.h"
#include "calib/calibrate.h"
#include "calib/foreign_ranges.h"
#include "calib/ranges_file.h"
#include "calib/remarks.h"
#include "calib/table_file.h"
#include "ir/fingerprint.h"
#include "progress.h"

namespace qtool {
namespace {

Ranges measure_ranges(const Model& model, const CalibrationTargets& targets,
                      const RangeChoice& choice, const SampleOptions& options, bool quiet) {
  if (options.path.empty())
    throw CLI::ValidationError(
        "--calib", "static nodes need ranges: give qtool static (or plan) samples or --ranges");
  set_threads(options.threads);
  const SampleReader samples(model.graph, options.path, options.reader_options());
  ProgressLine progress("calibrating", quiet);
  CalibrationTable table;
  calibrate(model, samples, targets, {.statistics = choice.method != RangeMethod::kMinMax}, table,
            progress.callback());
  log_sample_remarks(samples);
  for (const std::string& remark : remarks(table, targets)) spdlog::warn("{}", remark);
  return choose_ranges(table, choice);
}

Ranges table_ranges(const std::string& path, const Model& model, const RangeChoice& choice) {
  return with_context([&] { return path; },
                      [&] {
                        const CalibrationTable table =
                            parse_table(read_file(path), fingerprint(model.graph));
                        return choose_ranges(table, choice);
                      });
}

// The targets of which the file does not say everything.
CalibrationTargets without(CalibrationTargets targets, const Ranges& given) {
  const auto has_range = [&](const std::string& value) { return given.values.contains(value); };
  std::erase_if(targets.means, [&](const auto& mean) { return given.means.contains(mean.first); });
  std::erase_if(targets.channels, [&](const auto& channel) { return has_range(channel.first); });
  std::erase_if(targets.finite, has_range);
  std::erase_if(targets.values, [&](const std::string& value) {
    return has_range(value) && !targets.means.contains(value);
  });
  return targets;
}

}  // namespace

void add_calibration_options(CLI::App& command, CalibrationOptions& options) {
  CLI::Option* calib = add_sample_options(command, "--calib", options.samples)->required(false);
  command.add_option(
      "--ranges", options.ranges,
      "Take the ranges from this file: of --save-ranges, onnxruntime's calibration cache, AIMET's "
      "encodings or ncnn's table; what it lacks is measured on --calib");
  command
      .add_option("--calib-table", options.table,
                  "Take the ranges from this table of qtool calibrate; nothing is run")
      ->excludes(calib);
  add_range_options(command, options.choice);
  command.add_option("--save-ranges", options.save_ranges, "Write the ranges (.json)")
      ->needs(calib);
}

Ranges find_ranges(const std::string& path, const Model& model, const QuantOptions& quant,
                   const CalibrationOptions& options, bool quiet) {
  const RangeChoice choice = for_grid(options.choice, quant.activation);
  const bool are_given = !options.ranges.empty();
  const Ranges given = are_given ? read_foreign_ranges(options.ranges, model.graph) : Ranges{};
  Ranges ranges;
  if (!options.table.empty()) {
    ranges = table_ranges(options.table, model, choice);
  } else {
    const bool has_samples = !options.samples.path.empty();
    const CalibrationTargets targets = without(values_to_calibrate(model, quant), given);
    const bool helps = !targets.values.empty() || (has_samples && !targets.finite.empty());
    if (helps && (has_samples || !are_given))
      ranges = with_context(
          [&] { return path; },
          [&] { return measure_ranges(model, targets, choice, options.samples, quiet); });
  }
  replace_ranges(ranges, given);
  if (!options.save_ranges.empty()) write_file(options.save_ranges, ranges_json(ranges));
  return ranges;
}

}  // namespace qtool
