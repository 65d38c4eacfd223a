#include <algorithm>
#include <chrono>

#include "measure/measure.h"

namespace qtool {
namespace {

double run_milliseconds(const Contestant& model, const TensorMap& feed) {
  const auto start = std::chrono::steady_clock::now();
  model.run(feed);
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start;
  return elapsed.count();
}

// The feed of run `index`, or of the next one that is not left out; `index` then is the one behind.
// Behind the last run comes the first.
TensorMap next_feed(const SampleReader& samples, int64_t& index) {
  TensorMap feed;
  while (feed.empty()) feed = samples.read(index++ % samples.count());
  samples.feedback().fill(feed);
  return feed;
}

constexpr double kBudgetMilliseconds = 3000;

// Runs the model until three runs in a row were not faster than the fastest before them, within 2 %.
// Returns how long the fastest took.
double warm_up(const Contestant& model, const TensorMap& feed) {
  constexpr int kLongest = 50;
  double fastest = run_milliseconds(model, feed);
  for (int run = 0, steady = 0; run < kLongest && steady < 3; ++run) {
    const double time = run_milliseconds(model, feed);
    steady = time < 0.98 * fastest ? 0 : steady + 1;
    fastest = std::min(fastest, time);
  }
  return fastest;
}

int choose_rounds(double slowest) {
  return std::clamp(static_cast<int>(kBudgetMilliseconds / std::max(slowest, 1e-3)), 20, 200);
}

}  // namespace

double samples_per_second(const BenchResult& result, int64_t batch_size) {
  return 1e3 * static_cast<double>(batch_size) / result.latency.median.median;
}

TensorMap first_feed(const SampleReader& samples) {
  int64_t index = 0;
  return next_feed(samples, index);
}

void measure_latency(const std::vector<Contestant>& models, const SampleReader& samples,
                     const LatencyOptions& options, std::vector<BenchResult>& results,
                     const Progress& progress) {
  const TensorMap first = first_feed(samples);
  double slowest = 0;
  for (const Contestant& model : models) slowest = std::max(slowest, warm_up(model, first));
  const int rounds = options.rounds > 0 ? options.rounds : choose_rounds(slowest);

  std::vector<std::vector<double>> times(models.size());
  int64_t next = 0;
  for (int round = 0; round < rounds; ++round) {
    const TensorMap feed = next_feed(samples, next);
    for (std::size_t m = 0; m < models.size(); ++m)
      times[m].push_back(run_milliseconds(models[m], feed));
    if (progress) progress(round + 1, rounds);
  }
  for (std::size_t m = 0; m < models.size(); ++m) {
    results[m].latency = summarize(times[m]);
    if (m > 0) results[m].latency_ratio = estimate_median(paired_ratios(times[m], times[0]));
  }
}

}  // namespace qtool
