#pragma once

#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "calib/readers/convert.h"
#include "calib/readers/feedback.h"
#include "ir/graph.h"
#include "runtime/executor.h"

namespace qtool {

struct ReaderOptions {
  std::optional<Normalization> normalization;  // applied to float inputs
  int64_t max_samples = 0;                     // 0: all
  bool only_finite = true;                     // refuse NaN and Inf
  bool skip_bad = false;       // leave samples that hold them out, instead; says so in skipped()
  bool channels_last = false;  // arrays of inputs of rank 4 are stored as [N, H, W, C]
  int64_t batch_size = 1;      // samples a run, where the model leaves the batch free
  std::optional<uint64_t> shuffle_seed;  // in an order that it decides, before max_samples counts
  std::vector<FeedbackPair> feedback;    // their inputs need no data but for the first sample
};

/// Samples on disk, in the runs that a model makes of them: each one tensor per model input with a
/// batch of 1 (or the model's own fixed batch), or of several samples. Inputs that have an
/// initializer need no data.
///
/// Layouts of `path`:
///   a .npy file, or a folder of .npy or .npz files, for a model with one input;
///   a folder with one sub-folder or one .npy file per input, by its name ('/' and ':' as '_'),
///   files of the same place in name order belonging together;
///   a .npz file, or a folder of them, with one array per input by name (a single array for a
///   single input may have any name);
///   an ONNX test data set, a folder with input_0.pb, input_1.pb… in the order of the inputs, or a
///   folder of several, test_data_set_N: each is one sample as the model takes it;
///   a .txt file that lists any of these, see path_list.h; "-" is such a list on standard input.
/// Files named labels.npy are not inputs. How arrays are cut into samples: cut.h; which types
/// convert: convert.h.
///
/// Files are opened when a sample needs them, the last few are kept. Not for several threads.
class SampleReader {
 public:
  /// Throws Error naming the folder or file: nothing there, an input without data, differing
  /// numbers of samples, a type that does not convert without loss, a shape the model does not
  /// take; options that do not go together or with the model.
  SampleReader(const Graph& graph, const std::filesystem::path& path,
               const ReaderOptions& options = {});
  /// The same for a list of paths that comes in on a stream, called `name` in messages. Waits for
  /// the first sample, and for others when asked for them.
  SampleReader(const Graph& graph, std::istream& paths, const std::string& name,
               const ReaderOptions& options = {});
  SampleReader(SampleReader&&) noexcept;
  SampleReader& operator=(SampleReader&&) noexcept;
  ~SampleReader();

  /// How many runs there are. Waits for the end of a stream.
  int64_t count() const;
  /// The same, but 0 while a stream goes on.
  int64_t known_count() const;
  /// How many samples there are, of which batch_size make a run. Waits for the end of a stream.
  int64_t sample_count() const;
  /// Whether there is a run `index`; waits for a stream to come so far.
  bool has(int64_t index) const;

  /// What the model takes in run `index`; empty if all of it is left out as bad. Throws Error
  /// naming the file if it holds NaN or Inf that options refuse, or if all samples do; if samples
  /// of a batch have different shapes.
  TensorMap read(int64_t index) const;
  /// The samples of run `index`, by their places in the data, without those found to be bad.
  std::vector<int64_t> places(int64_t index) const;
  /// What carries the state of a model from run to run; does nothing without options for it.
  Feedback feedback() const;
  /// What is wrong with each sample that was left out so far, by its place in the data.
  std::vector<std::string> skipped() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qtool
