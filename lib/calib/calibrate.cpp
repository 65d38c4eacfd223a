#include "calib/statistics.h"

namespace qtool {

CalibrationTable calibrate(const Model& model, const SampleReader& samples,
                           const std::vector<std::string>& values, const Progress& progress) {
  const Executor executor(model, {.observed = values});
  CalibrationTable table;
  for (int64_t i = 0; i < samples.count(); ++i) {
    const TensorMap feed = samples.read(i);
    with_context([&] { return fmt::format("calibration sample {}", i); },
                 [&] {
                   executor.run(feed, [&](const std::string& name, const Tensor& value) {
                     with_context([&] { return fmt::format("value '{}'", name); },
                                  [&] { table.values[name].observe(value); });
                   });
                 });
    if (progress) progress(i + 1, samples.count());
  }
  return table;
}

}  // namespace qtool
