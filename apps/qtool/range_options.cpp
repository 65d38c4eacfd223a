#include "range_options.h"

namespace qtool {

void add_range_options(CLI::App& command, RangeChoice& choice) {
  command
      .add_option_function<std::string>(
          "--method",
          [&choice](const std::string& name) { choice.method = *find_range_method(name); },
          "How ranges follow from what was measured: " + range_method_names())
      ->check([](const std::string& name) {
        return find_range_method(name) ? "" : "'" + name + "' is none of " + range_method_names();
      });
  command
      .add_option("--percentile", choice.percentile,
                  "Percent of the numbers that --method percentile keeps (99.999)")
      ->check(CLI::Range(50.0, 100.0));
  command
      .add_option("--averaging", choice.averaging,
                  "Weight of each sample in --method moving-average (0.01)")
      ->check(CLI::Range(1e-6, 1.0));
  command
      .add_option("--deviations", choice.deviations,
                  "Standard deviations that --method deviation keeps on both sides (4)")
      ->check(CLI::Range(0.1, 1000.0));
}

RangeChoice for_grid(RangeChoice choice, const ActivationScheme& activation) {
  choice.grid = {.levels = 1 << bits(activation.dtype), .symmetric = activation.symmetric};
  return choice;
}

}  // namespace qtool
