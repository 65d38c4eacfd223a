#include <iostream>

#include "backend_options.h"
#include "base/atomic_file.h"
#include "base/file.h"
#include "base/memory.h"
#include "command.h"
#include "gate_options.h"
#include "judge.h"
#include "measure/measure.h"
#include "onnx_io/onnx_io.h"
#include "output_checks.h"
#include "progress.h"
#include "report/baseline.h"
#include "report/bench_report.h"
#include "report/profile_report.h"
#include "report/trials_section.h"
#include "sample_options.h"

namespace qtool {
namespace {

struct BenchOptions {
  CommonOptions common;
  SampleOptions samples;
  std::vector<std::string> models;
  std::vector<std::string> backends = {"builtin"};
  std::string ort_library;
  JudgeOptions judge;
  std::string save_outputs;
  GateBounds gates;
  std::string json;
  std::string markdown;
  std::string junit;
  std::string report;
  std::string baseline;
  int rounds = 0;
  bool profile = false;
  std::string trace;

  BackendOptions backend_options() const { return {ort_library, common.threads}; }
};

Model load(const std::string& path) {
  Model model = import_model(path);
  with_context([&] { return path; }, [&] { infer_types(model); });
  return model;
}

Executor compile(const std::string& path, Model model, bool profile = false) {
  return with_context([&] { return path; },
                      [&] { return Executor(std::move(model), {.profile = profile}); });
}

SampleReader open_samples(const Model& model, const SampleOptions& options) {
  return SampleReader(model.graph, options.path, options.reader_options());
}

// Loads the model and runs one sample: what a deployment holds at least.
void run_once(const BenchOptions& options, const std::string& backend, const std::string& path,
              const TensorMap& feed) {
  const RunModel run = open_backend(backend, options.backend_options()).load(path);
  forget_code();
  run(feed);
}

// Runs the models once more, each step timed: timing would slow down what is measured otherwise.
void show_profile(const BenchOptions& options, const SampleReader& samples) {
  constexpr int kRuns = 20;
  const TensorMap feed = first_feed(samples);
  const Peak peak = measure_peak();
  std::vector<ProfiledModel> models;
  for (const std::string& path : options.models) {
    const Executor executor = compile(path, load(path), true);
    for (int i = 0; i < kRuns; ++i) executor.run(feed);
    models.push_back({path, executor.steps()});
    if (options.profile && !options.common.quiet)
      std::cout << "\n" << path << "\n" << profile_table(models.back().steps, peak);
  }
  if (!options.trace.empty()) write_file(options.trace, chrome_trace(models));
}

void report(const BenchOptions& options, const BenchRun& run) {
  const auto write = [](const std::string& path, const std::string& text) {
    if (!path.empty()) write_file(path, text);
  };
  std::string text = bench_text(run);
  std::string markdown = bench_markdown(run);
  if (!options.baseline.empty()) {
    const Table table = with_context(
        [&] { return options.baseline; },
        [&] { return baseline_table(parse_json(MappedFile(options.baseline).text()), run); });
    text += "\nsince " + options.baseline + "\n" + to_text(table);
    markdown += "\nSince " + options.baseline + ":\n\n" + to_markdown(table);
  }
  write(options.json, bench_json(run));
  write(options.markdown, markdown);
  write(options.junit, bench_junit(run));
  if (!options.report.empty()) write_file(options.report, bench_html(run));
  if (!options.common.quiet) std::cout << text << std::flush;
}

void check(const BenchOptions& options) {
  if (options.gates.any_relative() && options.models.size() < 2)
    throw CLI::ValidationError("a gate that compares with the first model needs a second one");
  if (options.gates.max_accuracy_drop && !options.judge.has_score())
    throw CLI::ValidationError("--max-accuracy-drop needs --labels or --metric-cmd");
  check_judge_options(options.judge);
}

// Where the outputs of the models on one backend are kept; empty: nowhere.
std::filesystem::path output_root(const BenchOptions& options, const std::string& backend) {
  const std::filesystem::path root = options.save_outputs;
  return root.empty() || options.backends.size() == 1 ? root : root / backend;
}

// Everything that is to be known of the models on one backend.
void measure(const BenchOptions& options, const Backend& backend, const SampleReader& samples,
             std::vector<BenchResult>& results) {
  std::vector<Contestant> models;
  for (const BenchResult& result : results)
    models.push_back({result.path, backend.load(result.path)});
  {
    ProgressLine progress("comparing outputs", options.common.quiet);
    judge_outputs(options.judge, output_root(options, backend.name), models, samples,
                  options.samples, results, progress.callback());
  }
  ProgressLine progress("timing", options.common.quiet);
  measure_latency(models, samples, {options.rounds}, results, progress.callback());
}

// What is known of the models before this process has grown.
std::vector<BenchResult> start(const BenchOptions& options, const std::string& backend,
                               const TensorMap& feed) {
  std::vector<BenchResult> results;
  for (const std::string& path : options.models) {
    BenchResult& result = results.emplace_back();
    result.path = path;
    result.backend = backend;
    result.size_bytes = stored_bytes(path);
    result.cold = cold_run([&] { run_once(options, backend, path, feed); });
  }
  return results;
}

void run(const BenchOptions& options) {
  check(options);
  const SampleReader samples = open_samples(load(options.models[0]), options.samples);
  const TensorMap feed = first_feed(samples);
  std::vector<std::vector<BenchResult>> results;
  for (const std::string& backend : options.backends)
    results.push_back(start(options, backend, feed));
  BenchRun run{.batch_size = options.samples.batch_size, .threads = options.common.threads};
  for (std::vector<BenchResult>& own : results) {
    const Backend backend = open_backend(own[0].backend, options.backend_options());
    run.backends.push_back(backend.about);
    measure(options, backend, samples, own);
    const std::vector<GateResult> gates = judge_gates(options.gates, own);
    run.gates.insert(run.gates.end(), gates.begin(), gates.end());
    std::move(own.begin(), own.end(), std::back_inserter(run.results));
  }
  log_skipped(samples);
  run.samples = samples.sample_count() - std::ssize(samples.skipped());
  report(options, run);
  if (options.profile || !options.trace.empty()) show_profile(options, samples);
  end_at_gates(run.gates);
}

}  // namespace

void add_bench_command(CLI::App& app) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = add_command(
      app, "bench", "Compare models on the same samples: accuracy, latency, size, memory",
      "  qtool bench model.onnx out.onnx --data samples/\n"
      "  qtool bench model.onnx dynamic.onnx static.onnx --data images.npz --labels labels.npy\n"
      "  qtool bench model.onnx out.onnx --data samples/ --labels labels.npy --max-accuracy-drop "
      "0.5 "
      "--max-ratio 0.3",
      options->common);
  command
      ->add_option("models", options->models, "Models; the first is what the others are judged by")
      ->required();
  add_sample_options(*command, "--data", options->samples)->check(read_several_times);
  add_backend_options(*command, options->backends, options->ort_library);
  add_judge_options(*command, options->judge);
  command->add_option("--save-outputs", options->save_outputs,
                      "Folder for the outputs of each model (.npy)");
  add_gate_options(*command, options->gates);
  command->add_option("--json", options->json, "Write the figures to this file")
      ->check(output_file());
  command->add_option("--markdown", options->markdown, "Write the tables to this file, as Markdown")
      ->check(output_file());
  command->add_option("--junit", options->junit, "Write the gates to this file, as JUnit's XML")
      ->check(output_file());
  command
      ->add_option("--report", options->report,
                   "Write a page to read in a browser (.html): tables and a plot of all models")
      ->check(output_file());
  command->add_option("--baseline", options->baseline,
                      "Compare with an earlier run, the file of its --json");
  command
      ->add_option("--rounds", options->rounds,
                   "Timed runs of every model (default: as time allows)")
      ->check(positive_number());
  command->add_flag("--profile", options->profile,
                    "Show what time goes into which operators and nodes, and who computes them");
  command
      ->add_option("--trace", options->trace,
                   "Write one run of each model as a Chrome trace (JSON) to this file")
      ->check(output_file());
  command->callback([options] { run(*options); });
}

}  // namespace qtool
