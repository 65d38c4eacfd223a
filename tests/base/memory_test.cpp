#include "base/memory.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

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

}  // namespace
}  // namespace qtool
