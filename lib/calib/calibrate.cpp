#include "calib/statistics.h"

namespace qtool {

CalibrationTable calibrate(const Model& model, const SampleReader& samples,
                           const CalibrationTargets& targets, const Progress& progress) {
  std::vector<std::string> observed = targets.values;
  observed.insert(observed.end(), targets.finite.begin(), targets.finite.end());
  const Executor executor(model, {.observed = observed});
  CalibrationTable table;
  const auto observe = [&](const std::string& name, const Tensor& value) {
    if (targets.finite.contains(name)) return table.values[name].observe_finite(value);
    table.values[name].observe(value);
    if (const auto axis = targets.channels.find(name); axis != targets.channels.end())
      observe_channels(table.channels[name], value, axis->second);
    if (const auto axis = targets.means.find(name); axis != targets.means.end())
      table.sums[name].observe(value, axis->second);
  };
  const Observer observer = [&](const std::string& name, const Tensor& value) {
    with_context([&] { return fmt::format("value '{}'", name); }, [&] { observe(name, value); });
  };
  for (int64_t i = 0; i < samples.count(); ++i) {
    const TensorMap feed = samples.read(i);
    const auto in_sample = [&] { return fmt::format("calibration sample {}", i); };
    with_context(in_sample, [&] { executor.run(feed, observer); });
    if (progress) progress(i + 1, samples.count());
  }
  return table;
}

}  // namespace qtool
