#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace qtool {
namespace {

[[noreturn]] void fail_errno(const std::filesystem::path& path, std::string_view what) {
  fail("{}: {}: {}", path.string(), what, std::strerror(errno));
}

// Closes a descriptor at the end of a scope.
struct Descriptor {
  int value;
  ~Descriptor() { ::close(value); }
};

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) fail_errno(path, "cannot be opened");
  const Descriptor close_later{fd};
  struct stat info {};
  if (::fstat(fd, &info) != 0) fail_errno(path, "cannot be examined");
  if (!S_ISREG(info.st_mode)) fail("{}: is not a regular file", path.string());
  size_ = static_cast<std::size_t>(info.st_size);
  if (size_ == 0) return;
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
  if (address == MAP_FAILED) fail_errno(path, "cannot be mapped");
  data_ = {static_cast<const std::byte*>(address),
           [size = size_](const std::byte* p) { ::munmap(const_cast<std::byte*>(p), size); }};
}

void MappedFile::forget(std::size_t begin, std::size_t end) const {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t first = begin / page * page;
  const std::size_t last = end / page * page;
  if (first < last)
    ::madvise(const_cast<std::byte*>(data_.get()) + first, last - first, MADV_DONTNEED);
}

std::shared_ptr<const std::byte> MappedFile::part(std::size_t begin, std::size_t end) const {
  return {data_.get() + begin,
          [file = *this, begin, end](const std::byte*) { file.forget(begin, end); }};
}

std::string read_file(const std::filesystem::path& path) {
  return std::string(MappedFile(path).text());
}

}  // namespace qtool
