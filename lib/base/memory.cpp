#include "base/memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>
#include <new>
#include <string>

#include "base/error.h"

namespace qtool {
namespace {

// The parts of one program or library that nothing writes to.
int forget_object(dl_phdr_info* info, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = info->dlpi_phdr[i];
    if (part.p_type != PT_LOAD || (part.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = info->dlpi_addr + part.p_vaddr;
    const std::uintptr_t first = begin / page * page;
    ::madvise(reinterpret_cast<void*>(first), begin + part.p_memsz - first, MADV_DONTNEED);
  }
  return 0;
}

constexpr std::size_t kUnknown = std::numeric_limits<std::size_t>::max();

// The number behind the word `key` in a file of such pairs.
std::size_t find_number(const char* path, const std::string& key) {
  std::ifstream file(path);
  std::string word;
  while (file >> word && word != key) file.ignore(kUnknown, '\n');
  std::size_t number = 0;
  return file >> number ? number : kUnknown;
}

// What a file holds, if that is a number; "max" means that there is no limit.
std::size_t read_number(const char* path) {
  std::ifstream file(path);
  std::size_t number = 0;
  return file >> number ? number : kUnknown;
}

// Free in the control group; cached files that were not used for a while are given back on demand.
std::size_t free_in_group() {
  const std::size_t limit = read_number("/sys/fs/cgroup/memory.max");
  const std::size_t used = read_number("/sys/fs/cgroup/memory.current");
  const std::size_t cached = find_number("/sys/fs/cgroup/memory.stat", "inactive_file");
  if (limit == kUnknown || used == kUnknown) return kUnknown;
  const std::size_t taken = used - std::min(used, cached == kUnknown ? 0 : cached);
  return limit - std::min(limit, taken);
}

// What limit_memory's limit counts: writable memory of this process alone.
std::size_t data_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  for (int field = 0; field < 6; ++field) file >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::size_t free_memory() {
  constexpr std::size_t kBytesOfKilobyte = 1024;
  const std::size_t kilobytes = find_number("/proc/meminfo", "MemAvailable:");
  const std::size_t free = kilobytes == kUnknown ? kUnknown : kilobytes * kBytesOfKilobyte;
  return std::min(free, free_in_group());
}

void limit_memory(std::size_t bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_DATA, &limit) != 0) return;
  const std::size_t data = data_bytes();
  limit.rlim_cur =
      std::min<rlim_t>(bytes > kUnknown - data ? kUnknown : data + bytes, limit.rlim_max);
  ::setrlimit(RLIMIT_DATA, &limit);
}

std::shared_ptr<void> allocate_aligned(std::size_t bytes) {
  constexpr std::align_val_t kAlign{64};
  void* memory = ::operator new(std::max<std::size_t>(bytes, 1), kAlign, std::nothrow);
  if (memory == nullptr) fail("{} bytes are more than is left of --max-memory", bytes);
  return {memory, [](void* p) { ::operator delete(p, kAlign); }};
}

void return_freed_memory() {
  constexpr int kLargeBytes = 256 * 1024;
  ::mallopt(M_MMAP_THRESHOLD, kLargeBytes);  // without this call, freeing raises the threshold
}

void forget_code() { ::dl_iterate_phdr(forget_object, nullptr); }

}  // namespace qtool
