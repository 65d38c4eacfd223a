#include "sample_options.h"

#include <cmath>
#include <cstdlib>
#include <optional>

#include "command.h"

namespace qtool {
namespace {

std::optional<double> parse_number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value)) return std::nullopt;
  return value;
}

// "0.5" or "1/255".
std::optional<float> parse_scale(const std::string& text) {
  const auto slash = text.find('/');
  const auto numerator = parse_number(text.substr(0, slash));
  const auto denominator =
      slash == std::string::npos ? std::optional(1.0) : parse_number(text.substr(slash + 1));
  if (!numerator || !denominator || *denominator == 0) return std::nullopt;
  return static_cast<float>(*numerator / *denominator);
}

// Checks of single arguments: what is wrong, or nothing.
std::string check_scale(const std::string& text) {
  return parse_scale(text) ? "" : "'" + text + "' is neither a number nor a fraction such as 1/255";
}
std::string check_std(const std::string& text) {
  return parse_number(text).value_or(1) == 0 ? "a standard deviation must not be 0" : "";
}

}  // namespace

ReaderOptions SampleOptions::reader_options() const {
  ReaderOptions result{.normalization = std::nullopt, .max_samples = max_samples};
  const Normalization normalization{.scale = parse_scale(scale).value(), .mean = mean, .std = std};
  const bool changes =
      normalization.scale != 1 || mean != std::vector<float>{0} || std != std::vector<float>{1};
  if (changes) result.normalization = normalization;
  return result;
}

CLI::Option* add_sample_options(CLI::App& command, const std::string& flag,
                                SampleOptions& options) {
  CLI::Option* path =
      command
          .add_option(
              flag, options.path,
              "Samples: a folder of .npy files (or one sub-folder for each input), or a .npy or "
              ".npz file with all of them stacked")
          ->required();
  command.add_option("--max-samples", options.max_samples, "Use only the first N samples")
      ->check(positive_number());
  command
      .add_option("--scale", options.scale,
                  "Inputs become (x * scale - mean) / std; a number or a fraction: 1/255")
      ->check(check_scale);
  command.add_option("--mean", options.mean, "Mean, one number or one for each channel");
  command
      .add_option("--std", options.std, "Standard deviation, one number or one for each channel")
      ->check(check_std);
  command.add_option("--threads", options.threads, "Threads that run the model (default 1)")
      ->check(positive_number());
  return path;
}

}  // namespace qtool
