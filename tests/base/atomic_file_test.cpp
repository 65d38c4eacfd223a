#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <chrono>
#include <thread>

#include "error_of.h"
#include "temp_folder.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

namespace fs = std::filesystem;
using Names = std::set<std::string>;

TEST_CASE("a committed file replaces the target and leaves nothing else") {
  const TempFolder folder;
  folder.write("out", "old content");
  AtomicFile file(folder / "out");
  file.write("new ");
  CHECK(folder.read("out") == "old content");
  file.write("bytes");
  file.commit();
  CHECK(folder.read("out") == "new bytes");
  CHECK(folder.list() == Names{"out"});
}

TEST_CASE("without commit the target stays as it was and nothing is left behind") {
  const TempFolder folder;
  folder.write("old", "old content");
  for (const char* name : {"old", "new"}) {
    AtomicFile file(folder / name);
    file.write("half of it");
  }
  CHECK(folder.read("old") == "old content");
  CHECK(folder.list() == Names{"old"});
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
  fs::create_directory(folder / "out");
  CHECK_THAT(error_of([&] { write_file(folder / "out", "x"); }),
             ContainsSubstring((folder / "out").string() + ": cannot be written: "));
  CHECK(folder.list() == Names{"out"});
}

TEST_CASE("what a killed program left goes with the next write of the same target") {
  const TempFolder folder;
  folder.write("out.qtool-tmp", "half of it");
  folder.write("other.qtool-tmp", "of another target");
  write_file(folder / "out", "whole");
  CHECK(folder.read("out") == "whole");
  CHECK(folder.list() == Names{"out", "other.qtool-tmp"});
}

TEST_CASE("who writes a target that another writes waits, and both are whole") {
  const TempFolder folder;
  std::thread second;
  {
    AtomicFile first(folder / "out");
    first.write("first");
    second = std::thread([&] { write_file(folder / "out", "second"); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(folder.list() == Names{"out.qtool-tmp"});
    first.commit();
    CHECK(folder.read("out") == "first");
  }
  second.join();
  CHECK(folder.read("out") == "second");
  CHECK(folder.list() == Names{"out"});
}

TEST_CASE("nothing is written through what lies in the way of the temporary file") {
  const TempFolder folder;
  folder.write("precious", "content");
  for (const auto make_link : {::symlink, ::link}) {
    REQUIRE(make_link((folder / "precious").c_str(), (folder / "out.qtool-tmp").c_str()) == 0);
    write_file(folder / "out", "new");
    CHECK(folder.read("precious") == "content");
    CHECK(folder.list() == Names{"out", "precious"});
  }
  fs::create_directory(folder / "out.qtool-tmp");
  CHECK_THAT(error_of([&] { write_file(folder / "out", "x"); }), ContainsSubstring("in the way"));
}

TEST_CASE("a symbolic link stays and what it leads to is replaced") {
  const TempFolder folder;
  folder.write("inner/file", "old");
  fs::create_symlink("inner/file", folder / "out");
  write_file(folder / "out", "new");
  CHECK(fs::is_symlink(folder / "out"));
  CHECK(folder.read("inner/file") == "new");
  CHECK(folder.list() == Names{"inner", "out"});
}

TEST_CASE("other names of the target's file keep the old content") {
  const TempFolder folder;
  folder.write("sample", "old");
  fs::create_hard_link(folder / "sample", folder / "out");
  write_file(folder / "out", "new");
  CHECK(folder.read("sample") == "old");
  CHECK(folder.read("out") == "new");
}

TEST_CASE("a pipe is written to and stays") {
  const TempFolder folder;
  const fs::path pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  write_file(pipe, "bytes");
  char bytes[8] = {};
  CHECK(::read(reader, bytes, sizeof bytes) == 5);
  CHECK(std::string(bytes) == "bytes");
  ::close(reader);
  CHECK(fs::is_fifo(pipe));
  CHECK(folder.list() == Names{"pipe"});
}

TEST_CASE("whether a target can be written is known before, without a trace") {
  const TempFolder folder;
  folder.write("out", "old");
  check_writable("");
  check_writable(folder / "out");
  check_writable(folder / "new");
  CHECK(folder.read("out") == "old");
  CHECK(folder.list() == Names{"out"});
  CHECK(error_of([&] { check_writable(folder / "nowhere/out"); }) ==
        (folder / "nowhere/out").string() + ": cannot be written: No such file or directory");
  CHECK_THAT(error_of([&] { check_writable(folder.path()); }), ContainsSubstring("directory"));
}
