#include <iostream>

#include "base/file.h"
#include "command.h"
#include "measure/measure.h"
#include "onnx_io/onnx_io.h"
#include "progress.h"
#include "report/bench_report.h"
#include "report/profile_report.h"
#include "sample_options.h"
#include "tensor/npy.h"

namespace qtool {
namespace {

struct BenchOptions {
  CommonOptions common;
  SampleOptions samples;
  std::vector<std::string> models;
  std::string labels;
  std::string json;
  int rounds = 0;
  bool profile = false;
  std::string trace;
};

Contestant load(const std::string& path, bool profile = false) {
  Model model = import_model(path);
  const auto in_model = [&] { return path; };
  with_context(in_model, [&] { infer_types(model); });
  Executor executor = with_context(in_model, [&] { return Executor(model, {.profile = profile}); });
  return {path, std::move(model), std::move(executor)};
}

// Loads the model and runs one sample: what a deployment holds at least.
void run_once(const std::string& path, const SampleOptions& options) {
  const Contestant model = load(path);
  const SampleReader samples(model.model.graph, options.path, options.reader_options());
  model.executor.run(first_feed(samples));
}

// One label a sample; with --max-samples there may be more.
std::vector<int64_t> read_labels(const BenchOptions& options, int64_t samples) {
  if (options.labels.empty()) return {};
  const Tensor labels = read_npy(options.labels);
  return with_context([&] { return options.labels; },
                      [&] {
                        const bool fits = options.samples.max_samples > 0
                                              ? labels.size() >= samples
                                              : labels.size() == samples;
                        if (!fits)
                          fail("{} labels, but there are {} samples", labels.size(), samples);
                        return to_int64s(labels);
                      });
}

// Runs the models once more, each step timed: timing would slow down what is measured otherwise.
void show_profile(const BenchOptions& options, const SampleReader& samples) {
  constexpr int kRuns = 20;
  const TensorMap feed = first_feed(samples);
  const Peak peak = measure_peak();
  std::vector<ProfiledModel> models;
  for (const std::string& path : options.models) {
    const Contestant model = load(path, true);
    for (int i = 0; i < kRuns; ++i) model.executor.run(feed);
    models.push_back({path, model.executor.steps()});
    if (options.profile && !options.common.quiet)
      std::cout << "\n" << path << "\n" << profile_table(models.back().steps, peak);
  }
  if (!options.trace.empty()) write_file(options.trace, chrome_trace(models));
}

std::string check_data(const std::string& path) {
  return path == "-" ? "bench reads the samples several times; give a list in a file" : "";
}

void run(const BenchOptions& options) {
  set_threads(options.samples.threads);
  std::vector<BenchResult> results(options.models.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    results[i].path = options.models[i];
    results[i].peak_memory_bytes =
        peak_memory_of([&] { run_once(options.models[i], options.samples); });
  }
  std::vector<Contestant> models;
  for (const std::string& path : options.models) models.push_back(load(path));
  for (std::size_t i = 0; i < results.size(); ++i)
    results[i].size_bytes = std::filesystem::file_size(options.models[i]);

  const SampleReader samples(models[0].model.graph, options.samples.path,
                             options.samples.reader_options());
  {
    ProgressLine progress("comparing outputs", options.common.quiet);
    measure_accuracy(models, samples, {read_labels(options, samples.sample_count())}, results,
                     progress.callback());
  }
  {
    ProgressLine progress("timing", options.common.quiet);
    measure_latency(models, samples, {options.rounds}, results, progress.callback());
  }
  log_skipped(samples);
  const int64_t used = samples.sample_count() - std::ssize(samples.skipped());
  if (!options.json.empty())
    write_file(options.json, bench_json(results, used, options.samples.threads) + "\n");
  if (!options.common.quiet) std::cout << bench_table(results, used, options.samples.threads);
  if (options.profile || !options.trace.empty()) show_profile(options, samples);
}

}  // namespace

void add_bench_command(CLI::App& app) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = add_command(
      app, "bench", "Compare models on the same samples: accuracy, latency, size, memory",
      "  qtool bench model.onnx out.onnx --data samples/\n"
      "  qtool bench model.onnx dynamic.onnx static.onnx --data images.npz --labels labels.npy",
      options->common);
  command
      ->add_option("models", options->models, "Models; the first is what the others are judged by")
      ->required();
  add_sample_options(*command, "--data", options->samples)->check(check_data);
  command->add_option("--labels", options->labels,
                      "Class index of every sample (.npy of integers)");
  command->add_option("--json", options->json, "Write the figures to this file");
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
