#pragma once

#include <chrono>
#include <string>

#include "calib/calibrate.h"

namespace qtool {

/// A line on stderr for work of more than a second: "calibrating: 120/256, 85/s, 2 s left".
/// Silent if stderr is no terminal or `quiet` is set; gone when it ends.
class ProgressLine {
 public:
  ProgressLine(std::string title, bool quiet);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// `total` is 0 while it is not known.
  void update(int64_t done, int64_t total);
  /// What library functions take.
  Progress callback() {
    return [this](int64_t done, int64_t total) { update(done, total); };
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::string title_;
  bool enabled_;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

}  // namespace qtool
