#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "calib/calibrate.h"
#include "calib/readers/reader.h"
#include "measure/backend.h"
#include "metrics/accuracy.h"
#include "metrics/latency.h"

namespace qtool {

/// The first run of something in a process of its own.
struct ColdRun {
  std::optional<std::size_t> peak_memory_bytes;  // resident
  std::optional<double> milliseconds;            // from the start to the end of the process
};

/// A model under measurement, and what runs it.
struct Contestant {
  std::string path;
  RunModel run;
};

/// A number that says how good outputs are.
struct Score {
  std::string name;   // in JSON: "top1"
  std::string title;  // "top-1"
  double value = 0;
  bool is_share = true;  // 1 is 100 %
  bool higher_is_better = true;
};

/// How an output differs from the first model's over all samples; see ErrorMeter.
struct OutputError {
  double sqnr_db = 0;
  double cosine = 0;
  double mse = 0;
  double max_abs_error = 0;
};

/// What one model gave. Comparisons are with the first model of the same backend on the same samples and are
/// absent for that itself.
struct BenchResult {
  std::string path;
  std::string backend = "builtin";
  std::uintmax_t size_bytes = 0;
  ColdRun cold;
  Latency latency;
  std::optional<Estimate> latency_ratio;       // this / first, round by round
  std::vector<Score> scores;                   // by the labels, or by the user's own command
  std::optional<double> agreement;             // share of samples with the first model's top-1
  std::map<std::string, OutputError> outputs;  // by output name
};

/// The model's path, and what ran it if that is not qtool: "int8.onnx (onnxruntime)".
std::string label(const BenchResult& result);

/// How many samples a second the model takes, `batch_size` in a run, at the median latency.
double samples_per_second(const BenchResult& result, int64_t batch_size);

/// The error of the output that differs most from the first model's, one with NaN or Inf before all
/// others; null if there is none.
const OutputError* worst_output(const BenchResult& result);

struct AccuracyOptions {
  Tensor labels = {};  // int64 [samples, ...] by place in the data; undefined: none
  std::vector<std::string> metrics =
      {};                   // names of label_metrics(); empty: those that fit the labels
  std::string output = {};  // that labels judge; empty: the only one
  /// Called with the outputs of each run, by the places of model and run.
  std::function<void(std::size_t model, int64_t run, const TensorMap&)> on_outputs = {};
};

/// Runs every model on every sample and fills in accuracy and comparisons. Each has a state of its
/// own if there is feedback.
/// Throws Error if labels, samples and output do not fit together.
void measure_accuracy(const std::vector<Contestant>& models, const SampleReader& samples,
                      const AccuracyOptions& options, std::vector<BenchResult>& results,
                      const Progress& progress = {});

/// What a model takes in the first run that is not left out, with the state it starts from.
TensorMap first_feed(const SampleReader& samples);

struct LatencyOptions {
  int rounds = 0;  // 0: as many as fit into about 3 s a model, from 20 to 200
};

/// Times the models interleaved, A B A B, on the same sample in each round, after a warm-up that ends when
/// the times no longer fall. With feedback, each run starts from the first state.
void measure_latency(const std::vector<Contestant>& models, const SampleReader& samples,
                     const LatencyOptions& options, std::vector<BenchResult>& results,
                     const Progress& progress = {});

/// Operations a second, multiplications and additions, of large products of matrices with the threads
/// in use: what a layer can reach at most here.
struct Peak {
  double floats = 0;
  double bytes = 0;
};
Peak measure_peak();

/// Runs `body` in a child process; nothing is known if it failed. Call it before this process has grown or
/// started threads.
ColdRun cold_run(const std::function<void()>& body);

}  // namespace qtool
