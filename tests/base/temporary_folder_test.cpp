#include "base/temporary_folder.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <optional>

using namespace qtool;

namespace fs = std::filesystem;

TEST_CASE("a temporary folder is gone with all that is in it") {
  std::optional<TemporaryFolder> folder(std::in_place);
  const fs::path path = folder->path();
  std::ofstream(path / "file") << "x";
  REQUIRE(fs::exists(path / "file"));
  folder.reset();
  CHECK(!fs::exists(path));
}

TEST_CASE("what a killed program left goes with the next temporary folder, what is in use stays") {
  const fs::path left = fs::temp_directory_path() / "qtool-tmp.killed";
  fs::create_directories(left / "inner");
  const TemporaryFolder used;
  CHECK(!fs::exists(left));
  const TemporaryFolder next;
  CHECK(fs::exists(used.path()));
  CHECK(used.path() != next.path());
}
