#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace qtool {

/// onnxruntime's shared library, loaded into the running program: its C API is the only thing used of it.
class OnnxRuntime {
 public:
  /// Loads `library`, or if that is empty the first of library_candidates() that there is. All sessions
  /// share one pool of `threads` threads; only the first object of a process decides how many.
  /// Throws Error, saying where it was looked for: no library, one that is too old, or a qtool that was
  /// built without onnxruntime's header.
  OnnxRuntime(const std::filesystem::path& library, int threads);

  /// As onnxruntime tells it: "1.31.1".
  std::string version() const;
  /// The file that was loaded.
  const std::filesystem::path& path() const;

  struct Impl;
  const std::shared_ptr<const Impl>& impl() const { return impl_; }

 private:
  std::shared_ptr<const Impl> impl_;
};

/// Where onnxruntime may lie, the newest of a place first: the active Python environment, those of the
/// Pythons on $PATH, the user's and the system's packages, the system's libraries.
std::vector<std::filesystem::path> library_candidates();

}  // namespace qtool
