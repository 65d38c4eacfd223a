#include "calib/readers/sample_files.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "calib/readers/convert.h"
#include "onnx_io/test_data.h"
#include "runtime/inputs.h"
#include "tensor/npy.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;
using Arrays = FileCache::Arrays;

Arrays load(const fs::path& path) {
  if (path.extension() == ".npz") return read_npz(path);
  if (is_test_data(path)) return {{"", read_test_data(path, ValueKind::kTensor).tensor()}};
  return {{"", read_npy(path)}};
}

[[noreturn]] void fail_without(const std::string& input, const Arrays& arrays) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : arrays) names.push_back(name);
  fail("no array for input '{}' among '{}'", input, fmt::join(names, "', '"));
}

// A tensor of a test data set is what the model takes.
Cut uncut(const Tensor& tensor, const ValueType& type) {
  if (type.shape && !fits(tensor.shape(), *type.shape))
    fail("expected shape {}, got {}", to_string(*type.shape), to_string(tensor.shape()));
  return {1, tensor.shape()};
}

void check_type(DType from, DType to) {
  if (!converts(from, to))
    fail("expected {}, got {}, which does not convert without loss", name(to), name(from));
}

}  // namespace

const Arrays& FileCache::open(const fs::path& path) {
  const auto is_path = [&](const auto& file) { return file.first == path; };
  const auto it = std::find_if(files_.begin(), files_.end(), is_path);
  if (it != files_.end()) {
    files_.splice(files_.begin(), files_, it);
  } else {
    if (files_.size() == capacity_) files_.pop_back();
    files_.emplace_front(path, load(path));
  }
  return files_.front().second;
}

SampleFiles::SampleFiles(std::vector<SampleInput> inputs)
    : inputs_(std::move(inputs)), parts_(inputs_.size()), cache_(inputs_.size()) {}

// The input's array in a file, which may hold one of any name if no others share it; null if there
// is none and need not be.
const Tensor* SampleFiles::find_array(const SampleInput& input, const fs::path& file, bool shared) {
  const Arrays& arrays = cache_.open(file);
  if (!shared && arrays.size() == 1) return &arrays.begin()->second;
  for (const std::string& key : {input.name, file_name_of(input.name)})
    if (const auto it = arrays.find(key); it != arrays.end()) return &it->second;
  if (input.state) return nullptr;
  with_context([&] { return file.string(); }, [&] { fail_without(input.name, arrays); });
  return nullptr;
}

Cut SampleFiles::cut(const SampleInput& input, const fs::path& file, const Tensor& array) const {
  return with_context([&] { return fmt::format("{}: input '{}'", file.string(), input.name); },
                      [&] {
                        check_type(array.dtype(), input.type.dtype);
                        return is_test_data(file) ? uncut(array, input.type)
                                                  : cut_array(array.shape(), input.type);
                      });
}

int64_t SampleFiles::count_in(const SampleInput& input, const fs::path& file, bool shared) {
  if (is_test_data(file)) return 1;
  const Tensor* array = find_array(input, file, shared);
  return array == nullptr ? 0 : cut(input, file, *array).count;
}

// Looks into the files for an input's samples, until there are `limit`. Returns how many there are.
int64_t SampleFiles::add_parts(std::size_t input, const InputFiles& found, int64_t limit) {
  int64_t count = count_;
  for (const fs::path& file : found.files) {
    if (count >= limit) break;
    const int64_t more = count_in(inputs_[input], file, found.shared);
    if (more > 0) parts_[input].push_back({file, found.shared, count});
    count += more;
  }
  return std::min(count, limit);
}

void SampleFiles::add(const fs::path& path, int64_t limit) {
  std::vector<std::string> names;
  std::set<std::string> states;
  for (const SampleInput& input : inputs_) {
    names.push_back(input.name);
    if (input.state) states.insert(input.name);
  }
  const auto found = find_input_files(path, names, states);
  std::optional<int64_t> count;
  std::string first;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const auto& [name, type, is_state] = inputs_[i];
    if (is_state && count_ == 0 && !has(i)) add_parts(i, found.at(name), 1);
    if (is_state) continue;
    const int64_t more = add_parts(i, found.at(name), limit) - count_;
    if (!count) first = name;
    if (count.value_or(more) != more)
      fail("{}: input '{}' has {} samples, input '{}' has {}", path.string(), first, *count, name,
           more);
    count = more;
  }
  count_ += *count;
}

SampleFiles::Stored SampleFiles::read(std::size_t input, int64_t index) {
  const std::vector<Part>& parts = parts_[input];
  const auto after = std::upper_bound(parts.begin(), parts.end(), index,
                                      [](int64_t i, const Part& part) { return i < part.first; });
  const Part& part = *std::prev(after);
  const Tensor& array = *find_array(inputs_[input], part.file, part.shared);
  const Cut where = cut(inputs_[input], part.file, array);
  return {part.file, sample_of(array, where, index - part.first)};
}

}  // namespace qtool
