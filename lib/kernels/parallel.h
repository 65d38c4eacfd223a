#pragma once

#include <cstdint>
#include <type_traits>

namespace qtool {

/// Number of threads that parallel_for uses, as onednn::set_threads says for the calling thread.
int parallel_threads();

/// Calls f(data, i, thread) for every i of [0, count), with thread in [0, parallel_threads()).
/// Nothing may be thrown.
void parallel_for(int64_t count, void (*f)(void* data, int64_t i, int thread), void* data);

/// The same for f(i, thread).
template <class F>
void parallel_for(int64_t count, F&& f) {
  using Function = std::remove_reference_t<F>;
  parallel_for(
      count, [](void* data, int64_t i, int thread) { (*static_cast<Function*>(data))(i, thread); },
      &f);
}

}  // namespace qtool
