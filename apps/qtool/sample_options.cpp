#include "sample_options.h"

#include <cmath>
#include <cstdlib>

#include "base/error.h"

namespace qtool {
namespace {

double parse_number(const std::string& text, const std::string& whole) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value))
    fail("--scale takes a number or a fraction such as 1/255, not '{}'", whole);
  return value;
}

float parse_scale(const std::string& text) {
  const auto slash = text.find('/');
  const double numerator = parse_number(text.substr(0, slash), text);
  if (slash == std::string::npos) return static_cast<float>(numerator);
  const double denominator = parse_number(text.substr(slash + 1), text);
  if (denominator == 0) fail("--scale {} divides by zero", text);
  return static_cast<float>(numerator / denominator);
}

}  // namespace

ReaderOptions SampleOptions::reader_options() const {
  ReaderOptions result{.normalization = std::nullopt, .max_samples = max_samples};
  const Normalization normalization{.scale = parse_scale(scale), .mean = mean, .std = std};
  for (const float each : std)
    if (each == 0) fail("--std must not be 0");
  const bool changes =
      normalization.scale != 1 || mean != std::vector<float>{0} || std != std::vector<float>{1};
  if (changes) result.normalization = normalization;
  return result;
}

void add_sample_options(CLI::App& command, const std::string& flag, SampleOptions& options) {
  command
      .add_option(
          flag, options.path,
          "Samples: a folder of .npy files (or one sub-folder for each input), or a .npy or "
          ".npz file with all of them stacked")
      ->required();
  command.add_option("--max-samples", options.max_samples, "Use only the first N samples")
      ->check(CLI::PositiveNumber);
  command.add_option("--scale", options.scale,
                     "Inputs become (x * scale - mean) / std; a number or a fraction: 1/255");
  command.add_option("--mean", options.mean, "Mean, one number or one for each channel");
  command.add_option("--std", options.std,
                     "Standard deviation, one number or one for each channel");
  command.add_option("--threads", options.threads, "Threads that run the model (default 1)")
      ->check(CLI::PositiveNumber);
}

}  // namespace qtool
