#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace qtool {

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

/// The file's bytes. Throws Error as MappedFile does.
std::string read_file(const std::filesystem::path& path);

}  // namespace qtool
