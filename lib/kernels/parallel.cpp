#include "kernels/parallel.h"

#include <algorithm>

// From libgomp, on which oneDNN runs, so that both share their threads. Its headers are not there
// for every compiler.
extern "C" {
int omp_get_max_threads();
int omp_get_num_threads();
int omp_get_thread_num();
void GOMP_parallel(void (*f)(void*), void* data, unsigned threads, unsigned flags);
}

namespace qtool {
namespace {

struct Loop {
  int64_t count;
  void (*f)(void*, int64_t, int);
  void* data;
};

// The share of the calling thread.
void run_share(void* data) {
  const auto& loop = *static_cast<const Loop*>(data);
  const int64_t thread = omp_get_thread_num();
  const int64_t threads = omp_get_num_threads();
  for (int64_t i = loop.count * thread / threads; i < loop.count * (thread + 1) / threads; ++i)
    loop.f(loop.data, i, static_cast<int>(thread));
}

}  // namespace

int parallel_threads() { return omp_get_max_threads(); }

void parallel_for(int64_t count, void (*f)(void* data, int64_t i, int thread), void* data) {
  const int64_t threads = std::min<int64_t>(count, parallel_threads());
  Loop loop = {count, f, data};
  if (threads > 1) return GOMP_parallel(run_share, &loop, static_cast<unsigned>(threads), 0);
  for (int64_t i = 0; i < count; ++i) f(data, i, 0);
}

}  // namespace qtool
