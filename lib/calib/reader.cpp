#include "calib/reader.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <list>

#include "calib/convert.h"
#include "calib/cut.h"
#include "calib/layout.h"
#include "tensor/npy.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;

using Arrays = std::map<std::string, Tensor>;

// The arrays of the files used last. A .npy file is one array without a name.
class FileCache {
 public:
  explicit FileCache(std::size_t capacity) : capacity_(capacity) {}

  const Arrays& open(const fs::path& path) {
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

 private:
  static Arrays load(const fs::path& path) {
    if (path.extension() == ".npz") return read_npz(path);
    return {{"", read_npy(path)}};
  }

  std::size_t capacity_;
  std::list<std::pair<fs::path, Arrays>> files_;  // the one used last in front
};

// The input's array among those of a file; a file of its own may hold one of any name.
const Tensor& choose_array(const Arrays& arrays, const std::string& input, bool shared) {
  if (!shared && arrays.size() == 1) return arrays.begin()->second;
  for (const std::string& key : {input, file_name_of(input)})
    if (const auto it = arrays.find(key); it != arrays.end()) return it->second;
  std::vector<std::string> names;
  for (const auto& [name, tensor] : arrays) names.push_back(name);
  fail("no array for input '{}' among '{}'", input, fmt::join(names, "', '"));
}

struct Part {
  fs::path file;
  int64_t first;  // index of its first sample
};

struct Input {
  std::string name;
  ValueType type;
  bool shared;
  std::vector<Part> parts;
  int64_t count = 0;
};

void check_types(const Tensor& array, const Input& input,
                 const std::optional<Normalization>& normalization) {
  const DType to = input.type.dtype;
  if (!converts(array.dtype(), to))
    fail("expected {}, got {}, which does not convert without loss", name(to), name(array.dtype()));
  if (normalization && (to == DType::kFloat16 || to == DType::kFloat64))
    fail("normalization is for float32 inputs, this one is {}", name(to));
}

// Throws for what makes normalization meaningless.
void check_normalization(const Normalization& normalization) {
  const auto is_divisor = [](float v) { return std::isfinite(v) && v != 0; };
  const std::vector<float>& std = normalization.std;
  if (normalization.mean.empty() || std.empty() || !std::all_of(std.begin(), std.end(), is_divisor))
    fail("normalization needs mean and std, and every std must be finite and not 0");
}

}  // namespace

struct SampleReader::Impl {
  std::optional<Normalization> normalization;
  bool only_finite;
  std::vector<Input> inputs;
  FileCache cache;
  int64_t count = 0;

  // Calls use(array, cut) for a file of the input, naming both in errors.
  template <class Use>
  auto with_array(const Input& input, const fs::path& file, Use use) {
    const Arrays& arrays = cache.open(file);
    return with_context([&] { return file.string(); },
                        [&] {
                          const Tensor& array = choose_array(arrays, input.name, input.shared);
                          return with_context(
                              [&] { return fmt::format("input '{}'", input.name); },
                              [&] { return use(array, cut_array(array.shape(), input.type)); });
                        });
  }

  // Looks into the input's files for their samples, until there are `limit`.
  void index(Input& input, const std::vector<fs::path>& files, int64_t limit) {
    for (const fs::path& file : files) {
      if (input.count >= limit) break;
      input.parts.push_back({file, input.count});
      input.count += with_array(input, file, [&](const Tensor& array, const Cut& cut) {
        check_types(array, input, normalization);
        return cut.count;
      });
    }
    input.count = std::min(input.count, limit);
  }

  Tensor read(const Input& input, int64_t index) {
    const auto after = std::upper_bound(input.parts.begin(), input.parts.end(), index,
                                        [](int64_t i, const Part& part) { return i < part.first; });
    const Part& part = *std::prev(after);
    return with_array(input, part.file, [&](const Tensor& array, const Cut& cut) {
      Tensor sample = convert(sample_of(array, cut, index - part.first), input.type.dtype);
      if (normalization && sample.dtype() == DType::kFloat32)
        sample = normalize(sample, *normalization);
      if (only_finite) check_finite(sample);
      return sample;
    });
  }
};

SampleReader::SampleReader(const Graph& graph, const fs::path& path, const ReaderOptions& options) {
  std::vector<std::string> names;
  for (const ValueId id : required_inputs(graph)) names.push_back(graph.value(id).name);
  if (names.empty()) fail("the model has no inputs to feed");
  if (options.normalization) check_normalization(*options.normalization);

  impl_.reset(new Impl{options.normalization, options.only_finite, {}, FileCache(names.size())});
  const int64_t limit =
      options.max_samples > 0 ? options.max_samples : std::numeric_limits<int64_t>::max();
  const auto files = find_input_files(path, names);
  for (const std::string& name : names) {
    const InputFiles& found = files.at(name);
    Input input{name, graph.value(graph.find(name)).type, found.shared, {}};
    impl_->index(input, found.files, limit);
    if (!impl_->inputs.empty() && input.count != impl_->count)
      fail("{}: input '{}' has {} samples, input '{}' has {}", path.string(), names[0],
           impl_->count, name, input.count);
    impl_->count = input.count;
    impl_->inputs.push_back(std::move(input));
  }
  if (impl_->count == 0) fail("{}: the arrays hold no samples", path.string());
}

SampleReader::SampleReader(SampleReader&&) noexcept = default;
SampleReader::~SampleReader() = default;

int64_t SampleReader::count() const { return impl_->count; }

TensorMap SampleReader::read(int64_t index) const {
  QTOOL_ASSERT(index >= 0 && index < count());
  TensorMap sample;
  for (const Input& input : impl_->inputs) sample[input.name] = impl_->read(input, index);
  return sample;
}

}  // namespace qtool
