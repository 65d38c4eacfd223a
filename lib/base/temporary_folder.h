#pragma once

#include <filesystem>

namespace qtool {

/// A new folder for temporary files, gone with all that is in it when this ends. Those that killed
/// programs of the same user left go when the next one is made.
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
  int descriptor_ = -1;
};

}  // namespace qtool
