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

TEST_CASE("a committed file replaces the target and leaves nothing else") {
  const TempFolder folder;
  folder.write("out", "old content");
  AtomicFile file(folder / "out");
  file.write("new ");
  CHECK(folder.read("out") == "old content");
  file.write("bytes");
  file.commit();
  CHECK(folder.read("out") == "new bytes");
  CHECK(folder.list() == std::set<std::string>{"out"});
}

TEST_CASE("without commit the target stays as it was and nothing is left behind") {
  const TempFolder folder;
  folder.write("old", "old content");
  for (const char* name : {"old", "new"}) {
    AtomicFile file(folder / name);
    file.write("half of it");
  }
  CHECK(folder.read("old") == "old content");
  CHECK(folder.list() == std::set<std::string>{"old"});
}

TEST_CASE("a written file has the permissions of any new file") {
  const TempFolder folder;
  const mode_t mask = ::umask(0027);
  write_file(folder / "out", "x");
  ::umask(mask);
  struct stat info {};
  REQUIRE(::stat((folder / "out").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0640);
}

TEST_CASE("a folder that does not exist is an error that names the target") {
  const TempFolder folder;
  const auto target = folder / "no_folder/out.onnx";
  CHECK(error_of([&] { AtomicFile{target}; }) ==
        target.string() + ": cannot be written: No such file or directory");
}

TEST_CASE("a target that is a folder is an error and leaves nothing behind") {
  const TempFolder folder;
  std::filesystem::create_directory(folder / "out");
  CHECK_THAT(error_of([&] { write_file(folder / "out", "x"); }),
             ContainsSubstring((folder / "out").string() + ": cannot be written: "));
  CHECK(folder.list() == std::set<std::string>{"out"});
}
