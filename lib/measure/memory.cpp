#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "measure/measure.h"

namespace qtool {

ColdRun cold_run(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child < 0) return {};
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
  if (::wait4(child, &status, 0, &usage) != child || status != 0) return {};
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start;
  return {static_cast<std::size_t>(usage.ru_maxrss) * 1024, elapsed.count()};
}

}  // namespace qtool
