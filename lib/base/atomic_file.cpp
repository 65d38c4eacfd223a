#include "base/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/file_lock.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".qtool-tmp";

[[noreturn]] void fail_errno(const fs::path& target, int error) {
  fail("{}: cannot be written: {}", target.string(), std::strerror(error));
}

bool is_special(const fs::path& target) {
  std::error_code none;
  const fs::file_status status = fs::status(target, none);
  return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

fs::path follow_links(const fs::path& target) {
  std::error_code error;
  if (!fs::is_symlink(target, error)) return target;
  fs::path followed = fs::weakly_canonical(target, error);
  return error ? target : followed;
}

// Removes what a killed program left, or what a running one has written once that is done.
void remove_left(const fs::path& temporary, const fs::path& target) {
  const int fd = ::open(temporary.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  const bool is_left = fd >= 0 ? lock_file(fd, temporary, Wait::kYes) : errno != ENOENT;
  const bool failed = is_left && ::unlink(temporary.c_str()) != 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (failed)
    fail("{}: {} is in the way: {}", target.string(), temporary.string(), std::strerror(error));
}

// A new file, locked for as long as it is open.
int create(const fs::path& temporary, const fs::path& target) {
  for (;;) {
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno != EEXIST) fail_errno(target, errno);
    if (fd < 0)
      remove_left(temporary, target);
    else if (lock_file(fd, temporary, Wait::kYes))
      return fd;
    else
      ::close(fd);  // another took it for left before it was locked
  }
}

// A folder's entries as they are now are kept even if the machine stops. Not all file systems can.
void sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

AtomicFile::AtomicFile(fs::path target) : target_(std::move(target)) {
  if (is_special(target_)) {
    descriptor_ = ::open(target_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail_errno(target_, errno);
    return;
  }
  target_ = follow_links(target_);
  if (fs::is_directory(target_)) fail_errno(target_, EISDIR);
  const fs::path temporary = target_.string() + std::string(kSuffix);
  descriptor_ = create(temporary, target_);
  temporary_ = temporary;
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  if (descriptor_ >= 0) ::close(descriptor_);
}

void AtomicFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_errno(target_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void AtomicFile::commit(const std::string& name) {
  target_.replace_filename(name);
  commit();
}

void AtomicFile::commit() {
  if (temporary_.empty()) return;
  if (::fsync(descriptor_) != 0) fail_errno(target_, errno);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail_errno(target_, errno);
  temporary_.clear();
  sync_folder(target_.parent_path());
}

void write_file(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void check_writable(const fs::path& path) {
  if (!path.empty() && !is_special(path)) AtomicFile{path};
}

}  // namespace qtool
