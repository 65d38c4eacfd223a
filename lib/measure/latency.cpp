#include <algorithm>
#include <chrono>

#include "measure/measure.h"

namespace qtool {
namespace {

double run_milliseconds(const Executor& executor, const TensorMap& feed) {
  const auto start = std::chrono::steady_clock::now();
  executor.run(feed);
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

constexpr int kWarmUpRuns = 3;
constexpr double kBudgetMilliseconds = 3000;

int choose_rounds(const std::vector<Contestant>& models, const TensorMap& feed) {
  double slowest = 0;
  for (const Contestant& model : models)
    slowest = std::max(slowest, run_milliseconds(model.executor, feed));
  return std::clamp(static_cast<int>(kBudgetMilliseconds / std::max(slowest, 1e-3)), 20, 200);
}

}  // namespace

TensorMap first_feed(const SampleReader& samples) {
  int64_t index = 0;
  return next_feed(samples, index);
}

void measure_latency(const std::vector<Contestant>& models, const SampleReader& samples,
                     const LatencyOptions& options, std::vector<BenchResult>& results,
                     const Progress& progress) {
  const TensorMap first = first_feed(samples);
  for (int i = 0; i < kWarmUpRuns; ++i)
    for (const Contestant& model : models) model.executor.run(first);
  const int rounds = options.rounds > 0 ? options.rounds : choose_rounds(models, first);

  std::vector<std::vector<double>> times(models.size());
  int64_t next = 0;
  for (int round = 0; round < rounds; ++round) {
    const TensorMap feed = next_feed(samples, next);
    for (std::size_t m = 0; m < models.size(); ++m)
      times[m].push_back(run_milliseconds(models[m].executor, feed));
    if (progress) progress(round + 1, rounds);
  }
  for (std::size_t m = 0; m < models.size(); ++m) {
    results[m].latency = summarize(times[m]);
    if (m > 0) results[m].latency_ratio = paired_ratio(times[m], times[0]);
  }
}

}  // namespace qtool
