#include "base/machine.h"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string_view>

namespace qtool {
namespace {

// As the kernel calls them, x86 and ARM; oldest first.
constexpr auto kInstructionSets = std::to_array<std::string_view>(
    {"sse4_1", "avx", "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512bw", "avx512_vnni",
     "avx512_bf16", "amx_int8", "amx_bf16", "asimd", "asimddp", "i8mm", "sve", "sve2"});

// The line of /proc/cpuinfo that has them. Only one's own: an emulator may show the machine below it.
#ifdef __x86_64__
constexpr std::string_view kInstructionSetsKey = "flags";
#else
constexpr std::string_view kInstructionSetsKey = "Features";
#endif

// What stands behind the colon of the first line that begins so; empty if there is none.
std::string first_entry(std::string_view key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (line.rfind(key, 0) != 0 || colon == std::string::npos) continue;
    const std::size_t begin = line.find_first_not_of(' ', colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

std::vector<std::string> instruction_sets() {
  std::istringstream words(first_entry(kInstructionSetsKey));
  std::vector<std::string> flags;
  for (std::string word; words >> word;) flags.push_back(word);
  std::vector<std::string> found;
  for (const std::string_view name : kInstructionSets)
    if (std::find(flags.begin(), flags.end(), name) != flags.end()) found.emplace_back(name);
  return found;
}

}  // namespace

Machine this_machine() {
  Machine machine{.cpu = first_entry("model name"), .instruction_sets = instruction_sets()};
  utsname system;
  if (::uname(&system) == 0)
    machine.system = std::string(system.sysname) + " " + system.release + " " + system.machine;
  return machine;
}

}  // namespace qtool
