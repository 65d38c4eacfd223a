#pragma once

#include <filesystem>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "calib/readers/cut.h"
#include "calib/readers/layout.h"

namespace qtool {

/// An input whose samples lie in files.
struct SampleInput {
  std::string name;
  ValueType type;      // as arrays store it
  bool state = false;  // its sample beside the first of others is all that counts, if there is one
};

/// The arrays of the files used last, by name. A .npy or .pb file is one array without a name.
class FileCache {
 public:
  using Arrays = std::map<std::string, Tensor>;

  explicit FileCache(std::size_t capacity) : capacity_(capacity) {}
  /// Throws Error naming the file. What it returns lasts until the next call.
  const Arrays& open(const std::filesystem::path& path);

 private:
  std::size_t capacity_;
  std::list<std::pair<std::filesystem::path, Arrays>> files_;  // the one used last in front
};

/// Where the samples of all inputs are, in the order in which their files were added.
class SampleFiles {
 public:
  struct Stored {
    std::filesystem::path file;
    Tensor tensor;  // as stored, with the batch axis
  };

  /// One input at least is no state.
  explicit SampleFiles(std::vector<SampleInput> inputs);

  /// Adds what lies at `path`, until there are `limit` samples; opens arrays for their shapes.
  /// Throws Error: nothing there for an input, a type that does not convert without loss, a shape
  /// that the model does not take, differing numbers of samples.
  void add(const std::filesystem::path& path, int64_t limit);

  const std::vector<SampleInput>& inputs() const { return inputs_; }
  int64_t count() const { return count_; }
  /// Whether the input has data: always, if it is no state.
  bool has(std::size_t input) const { return !parts_[input].empty(); }
  /// Sample `index` of an input. Throws Error naming the file.
  Stored read(std::size_t input, int64_t index);

 private:
  struct Part {
    std::filesystem::path file;
    bool shared;
    int64_t first;  // index of its first sample
  };

  const Tensor* find_array(const SampleInput& input, const std::filesystem::path& file,
                           bool shared);
  Cut cut(const SampleInput& input, const std::filesystem::path& file, const Tensor& array) const;
  int64_t count_in(const SampleInput& input, const std::filesystem::path& file, bool shared);
  int64_t add_parts(std::size_t input, const InputFiles& found, int64_t limit);

  std::vector<SampleInput> inputs_;
  std::vector<std::vector<Part>> parts_;  // by input
  FileCache cache_;
  int64_t count_ = 0;
};

}  // namespace qtool
