#pragma once

#include <map>
#include <memory>
#include <string>

#include "onnxruntime/library.h"
#include "tensor/tensor.h"

namespace qtool {

/// A model loaded by onnxruntime, on the CPU with all graph optimizations, as its users deploy it.
class OnnxRuntimeSession {
 public:
  /// Throws Error with onnxruntime's own words if it does not take the file.
  OnnxRuntimeSession(const OnnxRuntime& runtime, const std::filesystem::path& model);

  /// Runs the model on `feed`, one tensor per graph input. Returns every graph output.
  /// Throws Error: a run that fails; texts, sequences and types that take less than a byte.
  std::map<std::string, Tensor> run(const std::map<std::string, Tensor>& feed) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace qtool
