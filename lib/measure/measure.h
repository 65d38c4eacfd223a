#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "calib/calibrate.h"
#include "calib/reader.h"
#include "metrics/accuracy.h"
#include "metrics/latency.h"
#include "runtime/executor.h"

namespace qtool {

/// A model under measurement.
struct Contestant {
  std::string path;
  Model model;
  Executor executor;
};

/// What one model gave. Comparisons are with the first model on the same samples and are absent for
/// the first model itself.
struct BenchResult {
  std::string path;
  std::uintmax_t size_bytes = 0;
  std::optional<std::size_t> peak_memory_bytes;  // of a process that loads it and runs one sample
  Latency latency;
  std::optional<double> latency_ratio;        // median of this / first, round by round
  std::optional<double> top1, top5;           // with labels, in [0, 1]
  std::optional<double> agreement;            // share of samples with the first model's top-1
  std::map<std::string, ErrorMeter> outputs;  // by output name
};

struct AccuracyOptions {
  std::vector<int64_t> labels;  // by place of the sample in the data; empty: none
};

/// Runs every model on every sample and fills in accuracy and comparisons. Each has a state of its
/// own if there is feedback.
/// Throws Error if the labels do not fit the samples or the output is no row of class scores.
void measure_accuracy(const std::vector<Contestant>& models, const SampleReader& samples,
                      const AccuracyOptions& options, std::vector<BenchResult>& results,
                      const Progress& progress = {});

/// What a model takes in the first run that is not left out, with the state it starts from.
TensorMap first_feed(const SampleReader& samples);

struct LatencyOptions {
  int rounds = 0;  // 0: as many as fit into about 3 s a model, from 20 to 200
};

/// Times the models interleaved, A B A B, on the same sample in each round, after a warm-up. With
/// feedback, each run starts from the first state.
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

/// Peak resident memory in bytes of a child process that runs `body`; nothing if it failed. Call it
/// before this process has grown or started threads.
std::optional<std::size_t> peak_memory_of(const std::function<void()>& body);

}  // namespace qtool
