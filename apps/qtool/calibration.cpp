#include "calibration.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/atomic_file.h"
#include "base/file.h"
#include "base/parallel.h"
#include "calib/calibrate.h"
#include "calib/ranges/foreign_ranges.h"
#include "calib/ranges/ranges_file.h"
#include "calib/remarks.h"
#include "calib/statistics/table_file.h"
#include "ir/bodies.h"
#include "ir/fingerprint.h"
#include "output_checks.h"
#include "progress.h"
#include "quant/auto_ranges.h"

namespace qtool {
namespace {

bool holds(const RangeChoices& choices, RangeMethod method) {
  return std::any_of(choices.begin(), choices.end(),
                     [&](const auto& entry) { return entry.second.method == method; });
}

bool all_are_minmax(const RangeChoices& choices) {
  return std::all_of(choices.begin(), choices.end(),
                     [](const auto& entry) { return entry.second.method == RangeMethod::kMinMax; });
}

// Ranges from samples, for what no file gives them.
class Measurement {
 public:
  Measurement(const QuantizeOptions& quantize, Model& model, const QuantOptions& quant,
              const CalibrationOptions& options, CalibrationRecord* record)
      : quantize_(quantize),
        model_(model),
        quant_(quant),
        options_(options),
        record_(record),
        choices_(range_choices(model, options.choice, quant)) {}

  Ranges measure(const CalibrationTargets& targets, const Ranges& given);
  Ranges from_table() const;

 private:
  void run_model(const SampleReader& samples, const CalibrationTargets& targets,
                 CalibrationTable& table);
  void choose_by_layers(const SampleReader& samples, const CalibrationTable& table,
                        const Ranges& given);

  const QuantizeOptions& quantize_;
  Model& model_;
  const QuantOptions& quant_;
  const CalibrationOptions& options_;
  CalibrationRecord* record_;  // to fill, or null
  RangeChoices choices_;
};

void Measurement::run_model(const SampleReader& samples, const CalibrationTargets& targets,
                            CalibrationTable& table) {
  const std::string before = fingerprint(model_.graph);
  {
    ProgressLine progress("calibrating", quantize_.common.quiet);
    calibrate(std::move(model_), samples, targets,
              {.statistics = record_ != nullptr || !all_are_minmax(choices_)}, table,
              progress.callback());
  }
  model_ = prepared_again(quantize_);
  if (fingerprint(model_.graph) != before) fail("the file was changed while the model ran");
}

void Measurement::choose_by_layers(const SampleReader& samples, const CalibrationTable& table,
                                   const Ranges& given) {
  {
    ProgressLine progress("choosing ranges", quantize_.common.quiet);
    choices_ = qtool::choose_by_layers(model_, samples, !options_.samples.feedback.empty(), table,
                                       given, quant_, std::move(choices_), progress.callback());
  }
  for (const auto& [value, choice] : choices_)
    spdlog::info("range of '{}' by {}", value, to_string(choice));
  if (!quantize_.common.quiet) fmt::print("{}\n", summary(choices_));
}

Ranges Measurement::measure(const CalibrationTargets& targets, const Ranges& given) {
  const SampleOptions& options = options_.samples;
  if (options.path.empty())
    throw CLI::ValidationError(
        "--calib", "static nodes need ranges: give qtool static (or plan) samples or --ranges");
  const Graph graph = without_elements(model_.graph);
  const SampleReader samples(graph, options.path, options.reader_options());
  CalibrationTable table;
  run_model(samples, targets, table);
  log_sample_remarks(samples);
  const CalibrationTable extremes{.values = table.values};  // all that minmax goes by
  for (const std::string& remark : remarks(all_are_minmax(choices_) ? extremes : table, targets))
    spdlog::warn("{}", remark);
  if (holds(choices_, RangeMethod::kAuto)) choose_by_layers(samples, table, given);
  const Ranges ranges = choose_ranges(table, choices_);
  if (record_ != nullptr) *record_ = {std::move(table), targets};
  return ranges;
}

Ranges Measurement::from_table() const {
  if (holds(choices_, RangeMethod::kAuto))
    throw CLI::ValidationError("--calib-table",
                               "method auto runs layers on samples: give --calib in place of the "
                               "table, or another method");
  return with_context([&] { return options_.table; },
                      [&] {
                        const std::string text = read_file(options_.table);
                        CalibrationTable table = parse_table(text, fingerprint(model_.graph));
                        const Ranges ranges = choose_ranges(table, choices_);
                        if (record_ != nullptr)
                          *record_ = {std::move(table), values_to_calibrate(model_, quant_)};
                        return ranges;
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
      ->check(output_file())
      ->needs(calib);
}

Ranges find_ranges(const QuantizeOptions& options, Model& model, const QuantOptions& quant,
                   const CalibrationOptions& calibration, CalibrationRecord* record) {
  const bool are_given = !calibration.ranges.empty();
  const Ranges given = are_given ? read_foreign_ranges(calibration.ranges, model.graph) : Ranges{};
  Measurement measurement(options, model, quant, calibration, record);
  Ranges ranges;
  if (!calibration.table.empty()) {
    ranges = measurement.from_table();
  } else {
    const bool has_samples = !calibration.samples.path.empty();
    const CalibrationTargets targets = without(values_to_calibrate(model, quant), given);
    const bool helps = !targets.values.empty() || (has_samples && !targets.finite.empty());
    if (helps && (has_samples || !are_given))
      ranges = with_context([&] { return options.model; },
                            [&] { return measurement.measure(targets, given); });
  }
  replace_ranges(ranges, given);
  if (!calibration.save_ranges.empty()) write_file(calibration.save_ranges, ranges_json(ranges));
  return ranges;
}

}  // namespace qtool
