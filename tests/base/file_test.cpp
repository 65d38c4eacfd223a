#include "base/file.h"

#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "error_of.h"
#include "temp_folder.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a mapped file shows its bytes and outlives the object and the file's name") {
  const TempFolder folder;
  const auto path = folder.write("a.bin", std::string("ab\0c", 4));
  std::shared_ptr<const std::byte> owner;
  {
    const MappedFile file(path);
    CHECK(file.text() == std::string_view("ab\0c", 4));
    CHECK(file.bytes().size() == 4);
    owner = file.owner();
  }
  std::filesystem::remove(path);
  CHECK(owner.get()[3] == std::byte{'c'});
}

TEST_CASE("an empty file maps to no bytes") {
  const TempFolder folder;
  CHECK(MappedFile(folder.write("empty", "")).bytes().empty());
}

TEST_CASE("what cannot be mapped is named with its cause") {
  const TempFolder folder;
  const auto missing = folder / "missing";
  CHECK(error_of([&] { MappedFile{missing}; }) ==
        missing.string() + ": cannot be opened: No such file or directory");
  CHECK(error_of([&] { MappedFile{folder.path()}; }) ==
        folder.path().string() + ": is not a regular file");
  const auto pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(error_of([&] { MappedFile{pipe}; }) == pipe.string() + ": is not a regular file");
}
