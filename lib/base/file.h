#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace qtool {

/// A new folder for temporary files, gone with all that is in it when this ends.
class TemporaryFolder {
 public:
  /// Throws Error if none can be made.
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A file's bytes, mapped read-only. Copies share the mapping, which lives as long as any of them.
class MappedFile {
 public:
  /// Maps `path`. Throws Error if it does not exist, is no regular file or cannot be read.
  explicit MappedFile(const std::filesystem::path& path);

  std::span<const std::byte> bytes() const { return {data_.get(), size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_.get()), size_}; }
  /// Gives back the memory of bytes [begin, end), whole pages of it; they are read from the file again
  /// if need be.
  void forget(std::size_t begin, std::size_t end) const;
  /// Bytes [begin, end), kept mapped for a tensor that is a view of them. Their memory is given back
  /// with the last that holds them.
  std::shared_ptr<const std::byte> part(std::size_t begin, std::size_t end) const;
  /// Keeps the mapping alive; for tensors that are views of it.
  const std::shared_ptr<const std::byte>& owner() const { return data_; }

 private:
  std::shared_ptr<const std::byte> data_;
  std::size_t size_ = 0;
};

/// A file written beside its target and renamed onto it by commit(): readers see the old file or
/// the whole new one. Without commit() the target stays as it was and nothing is left behind.
class AtomicFile {
 public:
  /// Creates the temporary file in the folder of `target`. Throws Error if that is not possible.
  explicit AtomicFile(std::filesystem::path target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// File descriptor open for writing.
  int descriptor() const { return descriptor_; }
  /// Appends bytes. Throws Error, naming the target, if the disk is full or fails.
  void write(std::string_view bytes);
  /// Syncs to disk and renames onto the target.
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

/// The file's bytes. Throws Error as MappedFile does.
std::string read_file(const std::filesystem::path& path);

/// Writes `bytes` to `path` through an AtomicFile.
void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace qtool
