#include "base/temporary_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "base/error.h"
#include "base/file_lock.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "qtool-tmp.";

int open_folder(const fs::path& path) {
  return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool is_ours(int descriptor) {
  struct stat info {};
  return ::fstat(descriptor, &info) == 0 && info.st_uid == ::geteuid();
}

// Removes folders that nobody holds.
void remove_left(const fs::path& parent) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored)) {
    if (!entry.path().filename().string().starts_with(kPrefix)) continue;
    const int fd = open_folder(entry.path());
    if (fd < 0) continue;
    if (is_ours(fd) && lock_file(fd, entry.path(), Wait::kNo))
      fs::remove_all(entry.path(), ignored);
    ::close(fd);
  }
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  const fs::path parent = fs::temp_directory_path();
  remove_left(parent);
  do {  // again if another took it for left before it was locked
    if (descriptor_ >= 0) ::close(descriptor_);
    std::string name = (parent / kPrefix).string() + "XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
      fail("{}: cannot be made: {}", name, std::strerror(errno));
    path_ = name;
    descriptor_ = open_folder(path_);
  } while (descriptor_ >= 0 && !lock_file(descriptor_, path_, Wait::kYes));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace qtool
