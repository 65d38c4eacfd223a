#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/executor.h"

namespace qtool {

/// Runs a loaded model on `feed`, one tensor per graph input, and returns every graph output.
using RunModel = std::function<TensorMap(const TensorMap& feed)>;

/// What runs models: qtool's own executor, or the runtime that they are deployed on.
struct Backend {
  std::string name;  // "builtin", "onnxruntime"
  std::string
      about;  // what it is, for the record: "onnxruntime 1.31.1 (/usr/lib/libonnxruntime.so.1)"
  /// Loads and prepares a model. Throws Error, naming the file, if it cannot be run.
  std::function<RunModel(const std::string& path)> load;
};

/// "builtin" and "onnxruntime".
std::vector<std::string> backend_names();

struct BackendOptions {
  std::filesystem::path ort_library = {};  // empty: the first that is found
  int threads = 1;
};

/// Throws Error if there is none of this name, or onnxruntime cannot be loaded.
Backend open_backend(std::string_view name, const BackendOptions& options);

}  // namespace qtool
