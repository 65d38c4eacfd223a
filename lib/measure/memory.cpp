#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure/measure.h"

namespace qtool {

std::optional<std::size_t> peak_memory_of(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child < 0) return std::nullopt;
  if (child == 0) {
    try {
      body();
    } catch (const std::exception&) {  // the caller meets the same error when it runs the body
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  struct rusage usage {};
  if (::wait4(child, &status, 0, &usage) != child || status != 0) return std::nullopt;
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

}  // namespace qtool
