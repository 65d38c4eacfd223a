#include "base/machine.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

using namespace qtool;

TEST_CASE("a machine is told by its system, and by what the compiler says its CPU can do") {
  const Machine machine = this_machine();
  CHECK(machine.system.find(' ') != std::string::npos);
  const auto has = [&](const char* name) {
    const auto& sets = machine.instruction_sets;
    return std::find(sets.begin(), sets.end(), name) != sets.end();
  };
#ifdef __x86_64__
  CHECK(!machine.cpu.empty());
  CHECK(has("avx2") == (__builtin_cpu_supports("avx2") != 0));
  CHECK(has("avx512f") == (__builtin_cpu_supports("avx512f") != 0));
#else
  CHECK(!has("avx2"));
#endif
}
