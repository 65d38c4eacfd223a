#include "calib/calibrate.h"

#include "ops/channels_last.h"
#include "runtime/executor.h"

namespace qtool {

void observe(const CalibrationTargets& targets, bool statistics, int64_t sample,
             const std::string& name, const Tensor& value, Layout layout, CalibrationTable& table) {
  if (targets.finite.contains(name)) return table.values[name].observe_finite(value);
  Extremes& extremes = table.values[name];
  const auto means = targets.means.find(name);
  Extremes seen;
  if (means != targets.means.end())
    seen = table.sums[name].observe(value, axis_in(layout, means->second, value.rank()));
  else if (!statistics)
    seen.observe(value);
  if (statistics) {
    Statistics& all = table.statistics[name];
    all.observe(value, sample);
    extremes = all.extremes;
  } else {
    extremes.merge(seen);
  }
  if (const auto axis = targets.channels.find(name); axis != targets.channels.end())
    observe_channels(table.channels[name], value, axis_in(layout, axis->second, value.rank()));
}

void calibrate(Model model, const SampleReader& samples, const CalibrationTargets& targets,
               const CalibrationRun& run, CalibrationTable& table, const Progress& progress,
               const Checkpoint& checkpoint) {
  std::vector<std::string> observed = targets.values;
  observed.insert(observed.end(), targets.finite.begin(), targets.finite.end());
  const Executor executor(std::move(model), {.observed = observed});
  Feedback feedback = samples.feedback();
  for (int64_t i = run.shard; samples.has(i); i += run.shards) {
    if (table.samples.contains(i)) continue;
    TensorMap feed = samples.read(i);
    if (feed.empty()) continue;  // all of it left out
    feedback.fill(feed);
    CalibrationTable one;  // taken in as a whole, or not at all
    const Observer observer = [&](const std::string& name, const Tensor& value, Layout layout) {
      with_context([&] { return fmt::format("value '{}'", name); },
                   [&] { observe(targets, run.statistics, i, name, value, layout, one); });
    };
    const auto in_sample = [&] { return fmt::format("calibration sample {}", i); };
    with_context(in_sample, [&] { feedback.keep(executor.run(feed, observer)); });
    one.samples.add(i);
    merge(table, one);
    if (progress) progress(i + 1, samples.known_count());
    if (checkpoint && !checkpoint(table)) return;
  }
}

}  // namespace qtool
