#include <spdlog/spdlog.h>

#include <chrono>
#include <filesystem>
#include <sstream>

#include "base/atomic_file.h"
#include "base/file.h"
#include "base/parallel.h"
#include "calib/remarks.h"
#include "calib/statistics/table_file.h"
#include "calibration.h"
#include "interrupt.h"
#include "ir/bodies.h"
#include "ir/fingerprint.h"
#include "output_checks.h"
#include "progress.h"
#include "quantize.h"
#include "report/calibration_report.h"

namespace qtool {
namespace {

struct CalibrateOptions {
  QuantizeOptions quantize;
  SampleOptions samples;
  std::string shard = "0/1";
  bool resume = false;
  std::string table;  // tell of this one in place of running the model
  std::string report;
};

// "i/n".
CalibrationRun parse_shard(const std::string& text) {
  CalibrationRun run{.statistics = true};
  char slash = 0, rest = 0;
  std::istringstream stream(text);
  const bool is_read = static_cast<bool>(stream >> run.shard >> slash >> run.shards);
  if (!is_read || slash != '/' || stream >> rest || run.shards < 1 || run.shard < 0 ||
      run.shard >= run.shards)
    throw CLI::ValidationError("--shard", "'" + text + "': expected i/n with 0 ≤ i < n");
  return run;
}

// Writes the table so often that this takes a fiftieth of the time, and when asked to stop.
class Saver {
 public:
  Saver(std::string path, std::string fingerprint)
      : path_(std::move(path)), fingerprint_(std::move(fingerprint)) {}

  void save(const CalibrationTable& table) {
    const Clock::time_point start = Clock::now();
    write_file(path_, table_json(table, fingerprint_));
    last_ = Clock::now();
    took_ = last_ - start;
  }
  bool checkpoint(const CalibrationTable& table) {
    if (Clock::now() - last_ > 50 * took_) save(table);
    return !interrupt_.came();
  }
  bool interrupted() const { return interrupt_.came(); }

 private:
  using Clock = std::chrono::steady_clock;
  std::string path_, fingerprint_;
  Interrupt interrupt_;
  Clock::time_point last_ = Clock::now();
  Clock::duration took_{0};
};

CalibrationTable read_table(const std::string& path, const std::string& model) {
  return with_context([&] { return path; }, [&] { return parse_table(read_file(path), model); });
}

// The table of the samples, written to options.quantize.output.
CalibrationTable measured_table(const CalibrateOptions& options, Model model,
                                const std::string& model_fingerprint,
                                const CalibrationTargets& targets) {
  const CalibrationRun shard = parse_shard(options.shard);
  const QuantizeOptions& quantize = options.quantize;
  CalibrationTable table;
  if (options.resume && std::filesystem::exists(quantize.output))
    table = read_table(quantize.output, model_fingerprint);
  const Graph graph = without_elements(model.graph);
  const SampleReader samples(graph, options.samples.path, options.samples.reader_options());
  Saver saver(quantize.output, model_fingerprint);
  {
    ProgressLine progress("calibrating", quantize.common.quiet);
    with_context([&] { return quantize.model; },
                 [&] {
                   calibrate(std::move(model), samples, targets, shard, table, progress.callback(),
                             [&](const CalibrationTable& now) { return saver.checkpoint(now); });
                 });
  }
  saver.save(table);
  if (saver.interrupted())
    fail("{}: interrupted after {} of {} samples; --resume goes on", quantize.output,
         table.samples.count(), samples.count());
  log_sample_remarks(samples);
  return table;
}

void check_options(const CalibrateOptions& options) {
  const CalibrationRun shard = parse_shard(options.shard);
  if (!options.samples.feedback.empty() && (shard.shards > 1 || options.resume))
    throw CLI::ValidationError("--feedback",
                               "needs all samples in order, so no --shard, no --resume");
  if (options.table.empty() && (options.samples.path.empty() || options.quantize.output.empty()))
    throw CLI::ValidationError("--calib", "needs samples, and --output for the table of them");
}

void run(CalibrateOptions& options) {
  check_options(options);
  QuantizeOptions& quantize = options.quantize;
  quantize.scheme.fill(quantize.quant);
  Model model = prepared_model(quantize);
  const CalibrationTargets targets = values_to_calibrate(model, quantize.quant);
  if (targets.values.empty()) fail("{}: no node would be static", quantize.model);
  const std::string model_fingerprint = fingerprint(model.graph);
  const Graph graph = without_elements(model.graph);
  const CalibrationTable table =
      options.table.empty() ? measured_table(options, std::move(model), model_fingerprint, targets)
                            : read_table(options.table, model_fingerprint);
  for (const std::string& remark : remarks(table, targets)) spdlog::warn("{}", remark);
  const ActivationScheme& activation = quantize.quant.activation;
  if (!options.report.empty())
    write_file(options.report,
               calibration_html({.model = std::filesystem::path(quantize.model).filename(),
                                 .fingerprint = model_fingerprint,
                                 .graph = graph,
                                 .table = table,
                                 .targets = targets,
                                 .grid = Grid::of(activation.dtype, activation.symmetric)}));
  if (!quantize.common.quiet)
    fmt::print("{}: {} samples, {} values\n",
               options.table.empty() ? quantize.output : options.report, table.samples.count(),
               table.values.size());
}

}  // namespace

void add_calibrate_command(CLI::App& app) {
  auto options = std::make_shared<CalibrateOptions>();
  CLI::App* command = add_command(
      app, "calibrate", "Run a model on samples and keep statistics of its values in a table",
      "  qtool calibrate model.onnx --calib samples/ -o table.json\n"
      "  qtool static model.onnx out.onnx --calib-table table.json --method entropy\n"
      "  qtool calibrate model.onnx --calib samples/ -o 3.json --shard 3/8\n"
      "  qtool calibrate model.onnx --calib-table table.json --report report.html",
      options->quantize.common);
  QuantizeOptions& quantize = options->quantize;
  command->add_option("model", quantize.model, "Float model (.onnx)")->required();
  CLI::Option* output =
      command->add_option("-o,--output", quantize.output, "Table to write (.json)")
          ->check(output_file());
  CLI::Option* calib = add_sample_options(*command, "--calib", options->samples)->required(false);
  CLI::Option* report = command
                            ->add_option("--report", options->report,
                                         "Write a page to read in a browser (.html): histograms, "
                                         "and the ranges of all methods")
                            ->check(output_file());
  command
      ->add_option("--calib-table", options->table,
                   "Report this table of qtool calibrate; nothing is run")
      ->excludes(calib)
      ->excludes(output)
      ->needs(report);
  command->add_option("--shard", options->shard,
                      "i/n: only every n-th sample, from the i-th on (0 ≤ i < n); see qtool merge");
  command->add_flag("--resume", options->resume,
                    "Go on with the table that is there: samples in it are not run again");
  add_scheme_options(*command, quantize.scheme, quantize.quant);
  command->callback([options] { run(*options); });
}

}  // namespace qtool
