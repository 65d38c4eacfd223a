#pragma once

#include <cstdint>
#include <functional>

namespace qtool {

/// Number of threads (at least 1) that parallel_for and oneDNN's primitives use when the calling thread
/// runs them.
void set_threads(int count);

/// What set_threads was given last; 1 inside a parallel_for.
int threads();

/// Has the calling thread use one thread as long as this lives, if `wanted`.
class OneThread {
 public:
  explicit OneThread(bool wanted);
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;  // 0: nothing was changed
};

/// Calls body(0) … body(count - 1), each once, the lower ones first but side by side on threads().
/// If calls throw, the exception of the lowest index is thrown, whatever the number of threads;
/// indices above may have been left out. A parallel_for inside another runs on one thread.
void parallel_for(int64_t count, const std::function<void(int64_t)>& body);

/// Calls body(begin, end) for ranges that together are [0, count), side by side; none but the last has
/// less than `least` indices. What is computed must not depend on where the ranges begin and end.
void parallel_ranges(int64_t count, int64_t least,
                     const std::function<void(int64_t, int64_t)>& body);

}  // namespace qtool
