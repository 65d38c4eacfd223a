#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "ir/graph.h"
#include "runtime/executor.h"

namespace qtool {

/// x' = (x · scale − mean[c]) / std[c] along axis 1, in float32; how stored bytes become what a
/// model takes. One entry for all channels or one each.
struct Normalization {
  float scale = 1;
  std::vector<float> mean = {0};
  std::vector<float> std = {1};
};

struct ReaderOptions {
  std::optional<Normalization> normalization;  // applied to float inputs
  int64_t max_samples = 0;                     // 0: all
  bool only_finite = true;                     // refuse NaN and Inf
};

/// A sequence of samples on disk, each one tensor per model input with a batch of 1 (or the model's
/// own fixed batch). Inputs that have an initializer need no data.
///
/// Layouts of `path`: a .npy file, or a folder of .npy or .npz files, for a model with one input; a
/// folder with one sub-folder or one .npy file per input, by its name ('/' and ':' as '_'), files
/// of the same place in name order belonging together; a .npz file, or a folder of them, with one
/// array per input by name (a single array for a single input may have any name). Files named
/// labels.npy are not inputs. How arrays are cut into samples: cut.h; which types convert:
/// convert.h.
///
/// Files are opened when a sample needs them, the last few are kept. Not for several threads.
class SampleReader {
 public:
  /// Throws Error naming the folder or file: nothing there, an input without data, differing
  /// numbers of samples, a type that does not convert without loss, a shape the model does not
  /// take.
  SampleReader(const Graph& graph, const std::filesystem::path& path,
               const ReaderOptions& options = {});
  SampleReader(SampleReader&&) noexcept;
  ~SampleReader();

  int64_t count() const;
  /// Sample `index`. Throws Error naming the file if it holds NaN or Inf that options refuse.
  TensorMap read(int64_t index) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qtool
