#include "base/memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "error_of.h"

namespace qtool {
namespace {

// A line of /proc/self/status, in kB.
int64_t kilobytes(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key + ":")) return std::stoll(line.substr(key.size() + 1));
  return 0;
}

TEST_CASE("code that is forgotten takes no memory until it is needed again") {
  const int64_t before = kilobytes("RssFile");
  REQUIRE(before > 0);
  forget_code();
  CHECK(kilobytes("RssFile") < before);
}

TEST_CASE("large pieces of the heap go back when they are freed, not only the first time") {
  return_freed_memory();
  constexpr std::size_t kBytes = std::size_t{8} << 20;
  for (int i = 0; i < 2; ++i) {  // the first one freed must not change what happens to the second
    const int64_t before = kilobytes("RssAnon");
    std::vector<char> piece(kBytes);
    std::memset(piece.data(), 1, kBytes);
    CHECK(kilobytes("RssAnon") > before + 7000);
    std::vector<char>().swap(piece);
    CHECK(kilobytes("RssAnon") < before + 1000);
  }
}

TEST_CASE("what is free is not more than the machine has") {
  CHECK(free_memory() > 0);
  const auto pages = static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES));
  CHECK(free_memory() <= pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
}

TEST_CASE("memory is aligned") {
  for (const std::size_t bytes : {0, 1, 100})
    CHECK(reinterpret_cast<std::uintptr_t>(allocate_aligned(bytes).get()) % 64 == 0);
}

#ifndef __SANITIZE_ADDRESS__  // it ends the program where an allocation would throw
TEST_CASE("beyond the limit of memory allocating is an error, below it is not") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_DATA, &before) == 0);
  constexpr std::size_t kMebibyte = std::size_t{1} << 20;
  limit_memory(256 * kMebibyte);
  CHECK(allocate_aligned(100 * kMebibyte) != nullptr);
  CHECK(error_of([] { allocate_aligned(300 * kMebibyte); }) ==
        "314572800 bytes are more than is left of --max-memory");
  const auto other_code = [] { std::vector<char>(300 * kMebibyte).at(1) = 1; };
  CHECK_THROWS_AS(other_code(), std::bad_alloc);
  CHECK(error_of([&] { with_context([] { return "node"; }, other_code); }) ==
        "node: takes more memory than is left of --max-memory");
  REQUIRE(::setrlimit(RLIMIT_DATA, &before) == 0);
}
#endif

}  // namespace
}  // namespace qtool
