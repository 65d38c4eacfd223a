#include "judge.h"

#include "base/temporary_folder.h"
#include "measure/metric_command.h"
#include "metrics/label_metrics.h"
#include "output_files.h"
#include "tensor/cast.h"
#include "tensor/npy.h"

namespace qtool {
namespace {

// One row a sample; with --max-samples there may be more.
Tensor read_labels(const JudgeOptions& options, const SampleOptions& sample_options,
                   int64_t samples) {
  if (options.labels.empty()) return {};
  return with_context([&] { return options.labels; },
                      [&] {
                        const Tensor labels = read_npy(options.labels);
                        if (labels.rank() == 0) fail("holds one number, not one label a sample");
                        const bool fits = sample_options.max_samples > 0 ? labels.dim(0) >= samples
                                                                         : labels.dim(0) == samples;
                        if (!fits)
                          fail("{} labels, but there are {} samples", labels.dim(0), samples);
                        return Tensor::of<int64_t>(labels.shape(), to_int64s(labels));
                      });
}

// A folder for the outputs of each model, called by its file and told apart by its place if need be.
std::vector<std::filesystem::path> output_folders(const std::vector<Contestant>& models,
                                                  const std::filesystem::path& root) {
  std::vector<std::filesystem::path> folders;
  for (const Contestant& model : models) {
    std::filesystem::path folder = root / std::filesystem::path(model.path).stem();
    if (std::find(folders.begin(), folders.end(), folder) != folders.end())
      folder += fmt::format(".{}", folders.size() + 1);
    folders.push_back(folder);
  }
  return folders;
}

}  // namespace

void judge_outputs(const JudgeOptions& options, const std::filesystem::path& folder,
                   const std::vector<Contestant>& models, const SampleReader& samples,
                   const SampleOptions& sample_options, std::vector<BenchResult>& results,
                   const Progress& progress) {
  AccuracyOptions accuracy = options.accuracy;
  accuracy.labels = read_labels(options, sample_options, samples.sample_count());
  std::optional<TemporaryFolder> temporary;
  std::vector<std::filesystem::path> folders;
  if (!folder.empty() || !options.metric_command.empty()) {
    if (folder.empty()) temporary.emplace();
    folders = output_folders(models, temporary ? temporary->path() : folder);
    accuracy.on_outputs = [&](std::size_t model, int64_t run, const TensorMap& outputs) {
      write_outputs(output_folder(folders[model], run, samples.count()),
                    DatumMap(outputs.begin(), outputs.end()));
    };
  }
  measure_accuracy(models, samples, accuracy, results, progress);
  if (options.metric_command.empty()) return;
  for (std::size_t m = 0; m < results.size(); ++m) {
    const double score =
        run_metric_command(options.metric_command, folders[m].string(), models[m].path);
    results[m].scores.insert(results[m].scores.begin(),
                             {"score", "score", score, false, !options.lower_is_better});
  }
}

void check_judge_options(const JudgeOptions& options) {
  if (!options.accuracy.metrics.empty() && options.labels.empty())
    throw CLI::ValidationError("--metric needs --labels");
}

void add_judge_options(CLI::App& command, JudgeOptions& options) {
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
}

}  // namespace qtool
