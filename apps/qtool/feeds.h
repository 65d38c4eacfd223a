#pragma once

#include <filesystem>

#include "runtime/executor.h"
#include "sample_options.h"

namespace qtool {

/// What a model is run on, one datum per input each time: samples as SampleReader reads them, NaN
/// and Inf allowed. Test data sets may hold sequences and optionals too. A model without inputs has
/// one empty feed and needs no path.
class Feeds {
 public:
  /// `graph` must outlive it. Throws Error naming the file or folder, and for options that do not
  /// apply.
  Feeds(const Graph& graph, const SampleOptions& options);

  bool has(int64_t index) const;
  /// How many there are; 0 while a stream goes on.
  int64_t known_count() const;
  /// Nothing if the feed is left out as bad. Throws Error naming the file.
  std::optional<DatumMap> read(int64_t index) const;
  Feedback feedback() const;
  /// Logs which were left out, if any.
  void log_skipped() const;

 private:
  const Graph& graph_;
  std::optional<SampleReader> samples_;      // nothing for a model without inputs, and where
  std::vector<std::filesystem::path> sets_;  // these, test data sets, are read as they are
};

}  // namespace qtool
