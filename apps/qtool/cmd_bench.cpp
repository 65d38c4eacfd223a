#include <iostream>

#include "base/file.h"
#include "base/memory.h"
#include "command.h"
#include "gate_options.h"
#include "measure/measure.h"
#include "measure/metric_command.h"
#include "metrics/label_metrics.h"
#include "onnx_io/onnx_io.h"
#include "output_files.h"
#include "progress.h"
#include "report/baseline.h"
#include "report/bench_report.h"
#include "report/profile_report.h"
#include "sample_options.h"
#include "tensor/cast.h"
#include "tensor/npy.h"

namespace qtool {
namespace {

struct BenchOptions {
  CommonOptions common;
  SampleOptions samples;
  std::vector<std::string> models;
  std::vector<std::string> backends = {"builtin"};
  std::string ort_library;
  std::string labels;
  AccuracyOptions accuracy;
  std::string metric_command;
  bool lower_is_better = false;
  std::string save_outputs;
  GateBounds gates;
  std::string json;
  std::string markdown;
  std::string junit;
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

// One row a sample; with --max-samples there may be more.
Tensor read_labels(const BenchOptions& options, int64_t samples) {
  if (options.labels.empty()) return {};
  return with_context([&] { return options.labels; },
                      [&] {
                        const Tensor labels = read_npy(options.labels);
                        if (labels.rank() == 0) fail("holds one number, not one label a sample");
                        const bool fits = options.samples.max_samples > 0
                                              ? labels.dim(0) >= samples
                                              : labels.dim(0) == samples;
                        if (!fits)
                          fail("{} labels, but there are {} samples", labels.dim(0), samples);
                        return Tensor::of<int64_t>(labels.shape(), to_int64s(labels));
                      });
}

// The same for the models on one of several backends.
std::filesystem::path backend_root(const std::filesystem::path& root, const BenchOptions& options,
                                   const std::string& backend) {
  return options.backends.size() == 1 ? root : root / backend;
}

// A folder for the outputs of each model, called by its file and told apart by its place if need be.
std::vector<std::filesystem::path> output_folders(const std::vector<std::string>& models,
                                                  const std::filesystem::path& root) {
  std::vector<std::filesystem::path> folders;
  for (const std::string& model : models) {
    std::filesystem::path folder = root / std::filesystem::path(model).stem();
    if (std::find(folders.begin(), folders.end(), folder) != folders.end())
      folder += fmt::format(".{}", folders.size() + 1);
    folders.push_back(folder);
  }
  return folders;
}

// Accuracy, by what the user asks for, with the outputs kept as long as somebody needs them.
void judge_outputs(const BenchOptions& options, const std::vector<Contestant>& models,
                   const SampleReader& samples, std::vector<BenchResult>& results) {
  AccuracyOptions accuracy = options.accuracy;
  accuracy.labels = read_labels(options, samples.sample_count());
  const bool is_kept = !options.save_outputs.empty();
  std::optional<TemporaryFolder> temporary;
  std::vector<std::filesystem::path> folders;
  if (is_kept || !options.metric_command.empty()) {
    if (!is_kept) temporary.emplace();
    folders = output_folders(
        options.models, is_kept ? backend_root(options.save_outputs, options, results[0].backend)
                                : temporary->path());
    accuracy.on_outputs = [&](std::size_t model, int64_t run, const TensorMap& outputs) {
      write_outputs(output_folder(folders[model], run, samples.count()),
                    DatumMap(outputs.begin(), outputs.end()));
    };
  }
  ProgressLine progress("comparing outputs", options.common.quiet);
  measure_accuracy(models, samples, accuracy, results, progress.callback());
  if (options.metric_command.empty()) return;
  for (std::size_t m = 0; m < results.size(); ++m) {
    const double score =
        run_metric_command(options.metric_command, folders[m].string(), options.models[m]);
    results[m].scores.insert(results[m].scores.begin(),
                             {"score", "score", score, false, !options.lower_is_better});
  }
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
  if (!options.common.quiet) std::cout << text << std::flush;
}

std::string check_data(const std::string& path) {
  return path == "-" ? "bench reads the samples several times; give a list in a file" : "";
}

void check(const BenchOptions& options) {
  if (options.gates.any_relative() && options.models.size() < 2)
    throw CLI::ValidationError("a gate that compares with the first model needs a second one");
  if (options.gates.max_accuracy_drop && options.labels.empty() && options.metric_command.empty())
    throw CLI::ValidationError("--max-accuracy-drop needs --labels or --metric-cmd");
  if (!options.accuracy.metrics.empty() && options.labels.empty())
    throw CLI::ValidationError("--metric needs --labels");
}

// Everything that is to be known of the models on one backend.
void measure(const BenchOptions& options, const Backend& backend, const SampleReader& samples,
             std::vector<BenchResult>& results) {
  std::vector<Contestant> models;
  for (const BenchResult& result : results)
    models.push_back({result.path, backend.load(result.path)});
  judge_outputs(options, models, samples, results);
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
    result.size_bytes = std::filesystem::file_size(path);
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

void add_accuracy_options(CLI::App& command, BenchOptions& options) {
  std::vector<std::string> metrics;
  for (const LabelMetric& metric : label_metrics()) metrics.emplace_back(metric.name);
  command.add_option(
      "--labels", options.labels,
      "Labels of the samples (.npy of integers): a class each, a class for each position, "
      "or a sequence");
  command
      .add_option(
          "--metric", options.accuracy.metrics,
          "What labels are judged by, the first one by --max-accuracy-drop (default: what fits)")
      ->check(CLI::IsMember(metrics))
      ->delimiter(',');
  command.add_option("--output", options.accuracy.output,
                     "Output that labels judge, where there are several");
  command.add_option(
      "--metric-cmd", options.metric_command,
      "Command whose last word on stdout is a model's score; {outputs} in it is the folder of "
      "its outputs, {model} its file");
  command.add_flag("--lower-is-better", options.lower_is_better,
                   "Scores of --metric-cmd are errors");
  command.add_option("--save-outputs", options.save_outputs,
                     "Folder for the outputs of each model (.npy)");
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
  add_sample_options(*command, "--data", options->samples)->check(check_data);
  command
      ->add_option("--backend", options->backends,
                   "What runs the models: builtin (default), onnxruntime, or both: "
                   "builtin,onnxruntime")
      ->check(CLI::IsMember(backend_names()))
      ->delimiter(',');
  command->add_option("--ort-lib", options->ort_library,
                      "onnxruntime's library, libonnxruntime.so (default: the first of the Python "
                      "environment and the system)");
  add_accuracy_options(*command, *options);
  add_gate_options(*command, options->gates);
  command->add_option("--json", options->json, "Write the figures to this file");
  command->add_option("--markdown", options->markdown,
                      "Write the tables to this file, as Markdown");
  command->add_option("--junit", options->junit, "Write the gates to this file, as JUnit's XML");
  command->add_option("--baseline", options->baseline,
                      "Compare with an earlier run, the file of its --json");
  command
      ->add_option("--rounds", options->rounds,
                   "Timed runs of every model (default: as time allows)")
      ->check(positive_number());
  command->add_flag("--profile", options->profile,
                    "Show what time goes into which operators and nodes, and who computes them");
  command->add_option("--trace", options->trace,
                      "Write one run of each model as a Chrome trace (JSON) to this file");
  command->callback([options] { run(*options); });
}

}  // namespace qtool
