#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>

// Of libgomp, whose threads oneDNN runs on: one set of threads serves both. Declared here because
// not every compiler has its header and -fopenmp.
extern "C" {
void omp_set_num_threads(int count);
int omp_get_max_threads();
int omp_in_parallel();
void GOMP_parallel(void (*body)(void*), void* data, unsigned threads, unsigned flags);
}

namespace qtool {
namespace {

// Hands out indices in rising order, so that those below a failed one are all done or under way.
class Loop {
 public:
  Loop(int64_t count, const std::function<void(int64_t)>& body)
      : count_(count), body_(body), failed_(count) {}

  void work() {
    for (int64_t i; (i = next_++) < count_;) {
      try {
        body_(i);
      } catch (...) {
        note_error(i);
      }
    }
  }

  void check() const {
    if (error_ != nullptr) std::rethrow_exception(error_);
  }

 private:
  void note_error(int64_t index) {
    const std::scoped_lock lock(mutex_);
    next_ = count_;
    if (index >= failed_) return;
    failed_ = index;
    error_ = std::current_exception();
  }

  int64_t count_;
  const std::function<void(int64_t)>& body_;
  std::atomic<int64_t> next_ = 0;
  std::mutex mutex_;
  int64_t failed_;
  std::exception_ptr error_;
};

}  // namespace

void set_threads(int count) { omp_set_num_threads(std::max(count, 1)); }

int threads() { return omp_in_parallel() != 0 ? 1 : omp_get_max_threads(); }

OneThread::OneThread(bool wanted) : before_(wanted ? omp_get_max_threads() : 0) {
  if (wanted) omp_set_num_threads(1);
}

OneThread::~OneThread() {
  if (before_ != 0) omp_set_num_threads(before_);
}

void parallel_for(int64_t count, const std::function<void(int64_t)>& body) {
  const int64_t workers = std::min<int64_t>(count, threads());
  if (workers <= 1) {
    for (int64_t i = 0; i < count; ++i) body(i);
    return;
  }
  Loop loop(count, body);
  GOMP_parallel([](void* data) { static_cast<Loop*>(data)->work(); }, &loop,
                static_cast<unsigned>(workers), 0);
  loop.check();
}

void parallel_ranges(int64_t count, int64_t least,
                     const std::function<void(int64_t, int64_t)>& body) {
  const int64_t each = std::max({int64_t{1}, least, (count + threads() - 1) / threads()});
  parallel_for((count + each - 1) / each,
               [&](int64_t i) { body(i * each, std::min(count, (i + 1) * each)); });
}

}  // namespace qtool
