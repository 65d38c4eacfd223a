#include <spdlog/spdlog.h>

#include <filesystem>
#include <iostream>

#include "advise/reasons.h"
#include "backend_options.h"
#include "base/atomic_file.h"
#include "gate_options.h"
#include "ir/fingerprint.h"
#include "judge.h"
#include "kernels/onednn/isa.h"
#include "output_checks.h"
#include "quantize.h"
#include "report/advise_report.h"
#include "sample_options.h"
#include "trial_runner.h"

namespace qtool {
namespace {

struct AdviseOptions {
  QuantizeOptions quantize;
  SampleOptions samples;  // of --calib
  std::string data;
  JudgeOptions judge;
  std::string backend;
  std::string ort_library;
  GateBounds bounds;
  int rounds = 0;
  int max_trials = 100;
  std::string trials;
  bool keep_models = false;
  std::string json;
  std::string report;

  SampleOptions data_options() const {
    SampleOptions options = samples;
    if (data.empty()) return options;
    options.path = data;
    options.max_samples = 0;
    return options;
  }
};

// onnxruntime if it is there: what models are deployed on tells more.
Backend choose_backend(const AdviseOptions& options) {
  const BackendOptions backend = {options.ort_library, options.quantize.common.threads};
  if (!options.backend.empty()) return open_backend(options.backend, backend);
  try {
    return open_backend("onnxruntime", backend);
  } catch (const Error& error) {
    if (!options.ort_library.empty()) throw;
    spdlog::info("measuring with qtool's own executor: {}", error.what());
    return open_backend("builtin", backend);
  }
}

// The bounds that were asked for, and usual ones in place of those of accuracy and of size that were not.
GateBounds full_bounds(const AdviseOptions& options) {
  constexpr double kDropPoints = 0.3, kSqnr = 20, kRatio = 0.35;
  GateBounds bounds = options.bounds;
  if (!bounds.max_accuracy_drop && !bounds.min_sqnr) {
    if (!options.judge.labels.empty())
      bounds.max_accuracy_drop = kDropPoints;
    else if (options.judge.metric_command.empty())
      bounds.min_sqnr = kSqnr;
  }
  if (!bounds.max_ratio && !bounds.max_size && !bounds.max_latency && !bounds.min_speedup)
    bounds.max_ratio = kRatio;
  return bounds;
}

void check(const AdviseOptions& options) {
  check_judge_options(options.judge);
  if (options.bounds.max_accuracy_drop && !options.judge.has_score())
    throw CLI::ValidationError("--max-accuracy-drop needs --labels or --metric-cmd");
  if (!options.judge.metric_command.empty() && !options.bounds.max_accuracy_drop)
    throw CLI::ValidationError(
        "--metric-cmd",
        "its scores have a scale of their own: say by --max-accuracy-drop how "
        "much may be lost");
}

// All that the figures of a plan depend on.
std::string basis(const AdviseOptions& options, const Backend& backend, const Graph& graph) {
  const SampleOptions data = options.data_options();
  const JudgeOptions& judge = options.judge;
  std::string text = fingerprint(graph) + backend.about;
  text += identity(data) + identity(judge.labels);
  text += fmt::format("\n{} {} {} {} {} {}", fmt::join(judge.accuracy.metrics, ","),
                      judge.accuracy.output, judge.metric_command, judge.lower_is_better,
                      options.quantize.common.threads, options.rounds);
  return text;
}

std::filesystem::path trials_folder(const AdviseOptions& options) {
  if (!options.trials.empty()) return options.trials;
  return std::filesystem::path(options.quantize.model).stem().string() + ".trials";
}

void advise(AdviseOptions& options) {
  check(options);
  QuantizeOptions& quantize = options.quantize;
  quantize.scheme.fill(quantize.quant);
  const Backend backend = choose_backend(options);
  if (backend.name == "onnxruntime" && !onednn::has_vnni()) quantize.quant.weight.fit_pairs = true;
  const Model model = prepared_model(quantize);
  const SampleOptions data_options = options.data_options();
  const SampleReader samples(model.graph, options.samples.path, options.samples.reader_options());
  const SampleReader data(model.graph, data_options.path, data_options.reader_options());
  const std::string basis = qtool::basis(options, backend, model.graph);
  const ModelFacts facts = model_facts(model, first_feed(data), data_options.batch_size);

  TrialRunner runner({model, quantize.model, samples, options.samples, data, data_options,
                      options.judge, backend, full_bounds(options), options.rounds,
                      trials_folder(options), basis, options.keep_models, quantize.common.quiet});
  const Trials trials = {
      [&](const Candidate& candidate) { return runner.plan(candidate); },
      [&](const Candidate& candidate, QuantPlan plan) {
        return runner.run(candidate, std::move(plan));
      },
      [&](const Trial& trial) { return runner.sensitivity(trial); },
      [&](const Candidate& candidate, const std::vector<std::string>& nodes,
          const std::string& change) { return runner.widened(candidate, nodes, change); },
      [&](const std::vector<Trial*>& finalists) { runner.time_again(finalists); }};
  const SearchResult result =
      search(standard_candidates(quantize.quant), trials, options.max_trials);
  if (result.trials.empty())
    fail("{}: no way to quantize it could be tried: {}", quantize.model,
         result.failures.at(0).reason);
  const Trial& best = result.trials[result.best];
  if (!quantize.output.empty()) runner.save(best, quantize.output);
  const AdviseRun run = {runner.float_figures(),
                         result,
                         data.sample_count() - std::ssize(data.skipped()),
                         data_options.batch_size,
                         quantize.common.threads,
                         backend.about,
                         quantize.model,
                         fingerprint(model.graph),
                         reasons(facts, runner.float_figures(), result)};
  if (!options.json.empty()) write_file(options.json, advise_json(run));
  if (!options.report.empty()) write_file(options.report, advise_html(run));
  if (!quantize.common.quiet) std::cout << advise_text(run);
  end_at_gates(judge_gates(options.bounds, {run.float_figures, best.figures}));
}

}  // namespace

void add_advise_command(CLI::App& app) {
  auto options = std::make_shared<AdviseOptions>();
  CLI::App* command = add_command(
      app, "advise", "Try what quantization can do for a model, and recommend what suits it here",
      "  qtool advise model.onnx --calib samples/\n"
      "  qtool advise model.onnx --calib samples/ --data images.npy --labels labels.npy -o "
      "best.onnx\n"
      "  qtool advise model.onnx --calib samples/ --max-latency 5 --min-sqnr 25",
      options->quantize.common);
  QuantizeOptions& quantize = options->quantize;
  command->add_option("model", quantize.model, "Float model (.onnx)")->required();
  command->add_option("-o,--best", quantize.output, "Write the recommended model (.onnx)")
      ->check(output_file());
  add_sample_options(*command, "--calib", options->samples);
  command
      ->add_option("--data", options->data,
                   "Samples to judge by (default: those of --calib); --max-samples is of --calib")
      ->check(read_several_times);
  add_judge_options(*command, options->judge);
  add_gate_options(*command, options->bounds);
  command
      ->add_option("--backend", options->backend,
                   "What runs the models: onnxruntime (default, if it is found) or builtin")
      ->check(CLI::IsMember(backend_names()));
  command->add_option("--ort-lib", options->ort_library,
                      "onnxruntime's library, libonnxruntime.so, where it is not found by itself");
  command
      ->add_option("--rounds", options->rounds,
                   "Timed runs of every model (default: as time allows)")
      ->check(positive_number());
  command->add_option("--max-trials", options->max_trials, "Most trials (default 100)")
      ->check(positive_number());
  command->add_option(
      "--trials", options->trials,
      "Folder of the trials (default: <model>.trials); an interrupted search goes on "
      "with what is there");
  command->add_flag("--keep-models", options->keep_models, "Keep the models of all trials there");
  command->add_option("--json", options->json, "Write all trials to this file")
      ->check(output_file());
  command
      ->add_option("--report", options->report, "Write a page with all trials to this file (.html)")
      ->check(output_file());
  add_scheme_options(*command, quantize.scheme, quantize.quant);
  command->callback([options] { advise(*options); });
}

}  // namespace qtool
