#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace qtool {

/// A file written beside its target and renamed onto it by commit(): whenever the program ends, there
/// is the old file or the whole new one. Without commit() the target stays as it was and nothing is
/// left behind; what a killed program left goes with the next AtomicFile of the same target. While
/// one program writes a target, others that want to write it wait: each writes it whole.
///
/// A symbolic link stays, and what it leads to is replaced. What is there and is neither file nor
/// folder (/dev/stdout, a pipe) is written to as it is.
class AtomicFile {
 public:
  /// Creates the temporary file in the folder of `target`. Throws Error if that is not possible.
  explicit AtomicFile(std::filesystem::path target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends bytes. Throws Error, naming the target, if the disk is full or fails.
  void write(std::string_view bytes);
  /// Syncs to disk and renames onto the target, or onto `name` in its folder: for files whose name
  /// depends on what was written.
  void commit();
  void commit(const std::string& name);

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;  // empty if there is none, or not any more
  int descriptor_ = -1;
};

/// Writes `bytes` to `path` through an AtomicFile.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Throws the Error that write_file would throw because of the folder of `path` or what is there; for
/// work that is long, before it. An empty path is none.
void check_writable(const std::filesystem::path& path);

}  // namespace qtool
