#include "base/cpu.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <string>

namespace qtool {
namespace {

// The CPUs of the core that has this one; its own number where the system does not say.
std::string core_of(int cpu) {
  const std::string name = std::to_string(cpu);
  std::ifstream file("/sys/devices/system/cpu/cpu" + name + "/topology/thread_siblings_list");
  std::string siblings;
  return std::getline(file, siblings) ? siblings : name;
}

int allowed_cores() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (::sched_getaffinity(0, sizeof cpus, &cpus) != 0) return 1;
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &cpus)) cores.insert(core_of(cpu));
  return static_cast<int>(cores.size());
}

// "quota period" in microseconds, as a container sees it; "max" is no number: no limit.
double quota() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double time = 0, period = 0;
  return file >> time >> period && period > 0 ? time / period : CPU_SETSIZE;
}

}  // namespace

int usable_cores() {
  return std::max(1, std::min(allowed_cores(), static_cast<int>(std::ceil(quota()))));
}

}  // namespace qtool
