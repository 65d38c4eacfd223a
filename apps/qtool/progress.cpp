#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace qtool {
namespace {

constexpr std::chrono::milliseconds kDelay{1000};
constexpr std::chrono::milliseconds kInterval{200};
constexpr const char* kClearLine = "\r\x1b[K";

}  // namespace

ProgressLine::ProgressLine(std::string title, bool quiet)
    : title_(std::move(title)), enabled_(!quiet && ::isatty(STDERR_FILENO) != 0) {}

ProgressLine::~ProgressLine() {
  if (shown_) std::fputs(kClearLine, stderr);
}

void ProgressLine::update(int64_t done, int64_t total) {
  const auto now = Clock::now();
  if (!enabled_ || now - start_ < kDelay || now - last_ < kInterval) return;
  last_ = now;
  shown_ = true;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = static_cast<double>(done) / seconds;
  if (total > 0)
    fmt::print(stderr, "{}{}: {}/{}, {:.1f}/s, {:.0f} s left", kClearLine, title_, done, total,
               rate, static_cast<double>(total - done) / rate);
  else
    fmt::print(stderr, "{}{}: {}, {:.1f}/s", kClearLine, title_, done, rate);
  std::fflush(stderr);
}

}  // namespace qtool
