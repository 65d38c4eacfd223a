#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "onnx_io/proto.h"

namespace qtool {

/// The file of external data of a model that is too large for one file. Its name depends on what it
/// holds: what an older model of the same name needs stays until that is replaced.
class DataFile {
 public:
  /// `model` is the model's own file.
  explicit DataFile(const std::filesystem::path& model);
  /// Writes the tensors, by initializer, each from a multiple of 4096 bytes on, so that it can be
  /// mapped, and says in `graph` where they lie. The initializers of null stay as they are.
  void write(onnx::GraphProto& graph, const std::vector<const Tensor*>& tensors);
  /// Makes the file appear. Returns its name.
  std::string commit();

 private:
  AtomicFile file_;
  std::string name_;
};

/// Removes the data files of models that were at `model` before, all but `kept`.
void remove_data_files(const std::filesystem::path& model, const std::string& kept);

}  // namespace qtool
