#include "sample_options.h"

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "calib/readers/sample_remarks.h"
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

// "output=input", at the first '='.
FeedbackPair parse_feedback(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) return {};
  return {text.substr(0, equals), text.substr(equals + 1)};
}
std::string check_feedback(const std::string& text) {
  const FeedbackPair pair = parse_feedback(text);
  const bool is_pair = !pair.output.empty() && !pair.input.empty();
  return is_pair ? "" : "'" + text + "' is not of the form output=input";
}

// Options of which samples make a run, and in which order.
void add_order_options(CLI::App& command, SampleOptions& options) {
  command.add_option("--max-samples", options.max_samples, "Use only the first N samples")
      ->check(positive_number());
  command
      .add_option("--batch-size", options.batch_size,
                  "Samples of one run (default 1), where the model leaves its batch free")
      ->check(positive_number());
  command.add_option("--shuffle-seed", options.shuffle_seed,
                     "Take the samples in a random order that this number decides");
  command
      .add_option("--feedback", options.feedback,
                  "output=input: this output of a sample is this input of the next; several times")
      ->allow_extra_args(false)
      ->check(check_feedback);
  command.add_flag("--skip-bad", options.skip_bad, "Leave out samples that hold NaN or Inf");
}

// Options of how stored numbers become what the model takes.
void add_number_options(CLI::App& command, SampleOptions& options) {
  command
      .add_option("--layout", options.layout,
                  "How images are stored: nchw (default) or nhwc, with the channels last")
      ->check(CLI::IsMember({"nchw", "nhwc"}));
  command
      .add_option("--scale", options.scale,
                  "Inputs become (x * scale - mean) / std; a number or a fraction: 1/255")
      ->check(check_scale);
  command.add_option("--mean", options.mean, "Mean, one number or one for each channel");
  command
      .add_option("--std", options.std, "Standard deviation, one number or one for each channel")
      ->check(check_std);
}

}  // namespace

ReaderOptions SampleOptions::reader_options() const {
  ReaderOptions result{.normalization = std::nullopt,
                       .max_samples = max_samples,
                       .skip_bad = skip_bad,
                       .channels_last = layout == "nhwc",
                       .batch_size = batch_size,
                       .shuffle_seed = shuffle_seed,
                       .feedback = {}};
  for (const std::string& pair : feedback) result.feedback.push_back(parse_feedback(pair));
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
          .add_option(flag, options.path,
                      "Samples: a folder of .npy files (or one sub-folder for each input), a .npy "
                      "or .npz file with all of them stacked, ONNX test data sets, a .txt list of "
                      "such paths, or - for a list on standard input")
          ->required();
  add_order_options(command, options);
  add_number_options(command, options);
  return path;
}

std::string read_several_times(const std::string& path) {
  return path == "-" ? "the samples are read several times; give a list in a file" : "";
}

std::string identity(const std::string& path) {
  std::error_code none;
  const auto time = std::filesystem::last_write_time(path, none);
  return fmt::format("\n{} {}", path, none ? 0 : time.time_since_epoch().count());
}

std::string identity(const SampleOptions& options) {
  return identity(options.path) + fmt::format("\n{} {} {} {} {} {} {} {} {}", options.max_samples,
                                              options.scale, fmt::join(options.mean, ","),
                                              fmt::join(options.std, ","), options.layout,
                                              options.batch_size, options.shuffle_seed.value_or(0),
                                              fmt::join(options.feedback, ","), options.skip_bad);
}

void log_sample_remarks(const SampleReader& samples) {
  log_skipped(samples);
  const int64_t used = samples.sample_count() - std::ssize(samples.skipped());
  if (const std::string remark = few_samples_remark(used); !remark.empty())
    spdlog::warn("{}", remark);
}

void log_skipped(const SampleReader& samples) {
  const std::string remark = skipped_remark(samples.skipped(), samples.sample_count());
  if (!remark.empty()) spdlog::warn("{}", remark);
}

}  // namespace qtool
