#pragma once

#include <cstdint>
#include <map>

namespace qtool {

/// Numbers of samples, as runs [first, end) that do not touch.
class SampleSet {
 public:
  bool contains(int64_t sample) const;
  int64_t count() const;
  void add(int64_t sample) { add(sample, sample + 1); }
  /// Throws Error, naming a sample, for one that is there already.
  void add(int64_t first, int64_t end);
  void merge(const SampleSet& other);

  /// The end of each run by its first sample.
  const std::map<int64_t, int64_t>& runs() const { return runs_; }

 private:
  std::map<int64_t, int64_t> runs_;
};

}  // namespace qtool
