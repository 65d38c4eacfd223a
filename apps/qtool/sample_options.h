#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "calib/readers/reader.h"

namespace qtool {

/// Options of all that runs a model on samples: where they lie, and how stored numbers become what
/// the model takes.
struct SampleOptions {
  std::string path;
  int64_t max_samples = 0;
  std::string scale = "1";  // a number or a fraction, "1/255"
  std::vector<float> mean = {0};
  std::vector<float> std = {1};
  std::string layout = "nchw";
  int64_t batch_size = 1;
  std::optional<uint64_t> shuffle_seed;
  std::vector<std::string> feedback;  // "output=input"
  bool skip_bad = false;

  ReaderOptions reader_options() const;
};

/// Adds `flag` (--calib, --data), which is required, with what else says how samples are read.
/// Returns that of `flag`.
CLI::Option* add_sample_options(CLI::App& command, const std::string& flag, SampleOptions& options);

/// A check of the flag's value for commands that read the samples more than once: a list on standard input is
/// none for them. Returns what is wrong, or nothing.
std::string read_several_times(const std::string& path);

/// A text that differs for other samples: the options, the path, and when what lies there was changed last (of a
/// folder: when files came or went).
std::string identity(const SampleOptions& options);
/// The same of a file.
std::string identity(const std::string& path);

/// Logs what speaks against ranges measured on these samples: that they are few, and log_skipped.
void log_sample_remarks(const SampleReader& samples);

/// Logs which samples were left out, if any.
void log_skipped(const SampleReader& samples);

}  // namespace qtool
