#pragma once

#include <string>
#include <vector>

namespace qtool {

/// What a program runs on.
struct Machine {
  std::string cpu;  // "AMD EPYC 7763 64-Core Processor"; empty if not known
  std::vector<std::string> instruction_sets;  // those that int8 and float kernels differ by: "avx2"
  std::string system;                         // kernel and architecture: "Linux 6.1.0 x86_64"
};
Machine this_machine();

}  // namespace qtool
