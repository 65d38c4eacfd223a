#include "calib/readers/reader.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <map>
#include <utility>

#include "calib/readers/batch.h"
#include "calib/readers/path_list.h"
#include "calib/readers/sample_files.h"
#include "calib/readers/shuffle.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;

// Throws for what makes normalization meaningless.
void check_normalization(const Normalization& normalization) {
  const auto is_divisor = [](float v) { return std::isfinite(v) && v != 0; };
  const std::vector<float>& std = normalization.std;
  if (normalization.mean.empty() || std.empty() || !std::all_of(std.begin(), std.end(), is_divisor))
    fail("normalization needs mean and std, and every std must be finite and not 0");
}

void check_options(const ReaderOptions& options) {
  if (options.normalization) check_normalization(*options.normalization);
  if (options.feedback.empty()) return;
  if (options.shuffle_seed) fail("feedback needs samples in their order; they cannot be shuffled");
  if (options.batch_size > 1) fail("feedback needs samples one by one, not in batches");
}

// The model's inputs as arrays store them.
std::vector<SampleInput> inputs_of(const Graph& graph, const ReaderOptions& options) {
  std::vector<SampleInput> inputs;
  for (const ValueId id : required_inputs(graph)) {
    const Value& value = graph.value(id);
    const auto is_input = [&](const FeedbackPair& pair) { return pair.input == value.name; };
    const bool state = std::any_of(options.feedback.begin(), options.feedback.end(), is_input);
    const bool moved = options.channels_last && !state;
    inputs.push_back({value.name, moved ? channels_last(value.type) : value.type, state});
  }
  return inputs;
}

bool has_channels(const SampleInput& input) {
  return !input.state && input.type.shape && input.type.shape->size() == 4;
}

void check_inputs(const std::vector<SampleInput>& inputs, const ReaderOptions& options) {
  const auto is_state = [](const SampleInput& input) { return input.state; };
  if (std::all_of(inputs.begin(), inputs.end(), is_state)) fail("the model has no inputs to feed");
  if (options.channels_last && std::none_of(inputs.begin(), inputs.end(), has_channels))
    fail("no input of the model has four axes, of which the last could be the channels");
  if (!options.normalization) return;
  for (const SampleInput& input : inputs)
    if (input.type.dtype == DType::kFloat16 || input.type.dtype == DType::kFloat64)
      fail("input '{}': normalization is for float32 inputs, this one is {}", input.name,
           name(input.type.dtype));
}

// How many samples make a run.
int64_t batch_of(const std::vector<SampleInput>& inputs, int64_t batch_size) {
  std::optional<int64_t> batch;
  for (const SampleInput& input : inputs) {
    if (input.state) continue;
    with_context([&] { return fmt::format("input '{}'", input.name); },
                 [&] {
                   const int64_t samples = samples_a_run(input.type, batch_size);
                   if (batch.value_or(samples) != samples)
                     fail("the model fixes the batch of some inputs only, not of all");
                   batch = samples;
                 });
  }
  return *batch;
}

// What the model takes of a stored sample.
Tensor prepare(const SampleFiles::Stored& stored, const SampleInput& input,
               const ReaderOptions& options) {
  Tensor sample = stored.tensor;
  if (is_test_data(stored.file)) {
    if (options.normalization || options.channels_last)
      fail(
          "a test data set holds what the model takes: --scale, --mean, --std and --layout do not "
          "apply");
  } else if (options.channels_last && has_channels(input)) {
    sample = channels_first(sample);
  }
  sample = convert(sample, input.type.dtype);
  const bool normalized = options.normalization && sample.dtype() == DType::kFloat32;
  return normalized && !input.state ? normalize(sample, *options.normalization) : sample;
}

TensorMap stacked(const std::map<std::string, std::vector<Tensor>>& samples) {
  TensorMap feed;
  for (const auto& [name, tensors] : samples)
    feed[name] = with_context([&, &n = name] { return fmt::format("input '{}'", n); },
                              [&, &t = tensors] { return stack_rows(t); });
  return feed;
}

constexpr int64_t kAll = std::numeric_limits<int64_t>::max();

}  // namespace

struct SampleReader::Impl {
  ReaderOptions options;
  Feedback feedback;
  SampleFiles files;
  std::optional<PathList> list;        // of what is not in `files` yet
  int64_t limit = kAll;                // of samples
  int64_t batch = 1;                   // samples a run
  std::vector<int64_t> order;          // places by index; empty: as they are
  std::map<int64_t, std::string> bad;  // what is wrong with each sample that was left out, by place
  bool any_good = false;

  Impl(const Graph& graph, const ReaderOptions& reader_options)
      : options(reader_options),
        feedback(graph, options.feedback),
        files(inputs_of(graph, options)) {
    check_options(options);
    check_inputs(files.inputs(), options);
    batch = batch_of(files.inputs(), options.batch_size);
    if (options.max_samples > 0) limit = options.max_samples;
  }

  // Reads on in the list until there are `count` samples. Returns whether there are.
  bool reach(int64_t count) {
    while (files.count() < count && is_open()) {
      if (const auto entry = list->next())
        with_context([&] { return entry->place; }, [&] { files.add(entry->path, limit); });
      else
        list.reset();
    }
    return count <= std::min(limit, files.count());
  }

  // Whether the list may hold more samples.
  bool is_open() const { return list && files.count() < limit; }

  // Looks at all samples and puts them in order.
  void open_all(const fs::path& path) {
    const int64_t wanted = std::exchange(limit, options.shuffle_seed ? kAll : limit);
    if (list)
      reach(limit);
    else
      files.add(path, limit);
    if (options.shuffle_seed) order = shuffled(files.count(), *options.shuffle_seed);
    limit = wanted;
    list.reset();
  }

  int64_t sample_count() {
    reach(limit);
    return std::min(limit, files.count());
  }
  int64_t count() { return (sample_count() + batch - 1) / batch; }

  std::vector<int64_t> places(int64_t run) {
    std::vector<int64_t> result;
    for (int64_t i = run * batch; i < (run + 1) * batch && reach(i + 1); ++i) {
      const int64_t place = order.empty() ? i : order[static_cast<std::size_t>(i)];
      if (!bad.contains(place)) result.push_back(place);
    }
    return result;
  }

  // What the model takes of the sample at a place; nothing if that is bad and left out.
  std::optional<TensorMap> read_sample(int64_t place) {
    TensorMap sample;
    for (std::size_t i = 0; i < files.inputs().size(); ++i) {
      if (!files.has(i)) continue;
      const SampleInput& input = files.inputs()[i];
      const SampleFiles::Stored stored = files.read(i, input.state ? 0 : place);
      const auto where = [&] {
        return fmt::format("{}: input '{}'", stored.file.string(), input.name);
      };
      const Tensor tensor = with_context(where, [&] { return prepare(stored, input, options); });
      if ((options.only_finite || options.skip_bad) && !all_finite(tensor)) {
        const std::string wrong =
            fmt::format("{}: holds NaN or Inf as {}", where(), qtool::name(tensor.dtype()));
        if (!options.skip_bad) fail("{}", wrong);
        bad[place] = wrong;
        return std::nullopt;
      }
      sample[input.name] = tensor;
    }
    any_good = true;
    return sample;
  }

  TensorMap read(int64_t run) {
    std::map<std::string, std::vector<Tensor>> samples;
    for (const int64_t place : places(run))
      if (const auto sample = read_sample(place))
        for (const auto& [input, tensor] : *sample) samples[input].push_back(tensor);
    if (samples.empty()) check_any_good();
    return stacked(samples);
  }

  // Throws if all samples there are were read and left out.
  void check_any_good() {
    if (any_good || is_open() || std::ssize(bad) < sample_count()) return;
    fail("all {} samples hold NaN or Inf: {}", bad.size(), bad.begin()->second);
  }
};

SampleReader::SampleReader(const Graph& graph, const fs::path& path, const ReaderOptions& options) {
  if (path == "-") {
    *this = SampleReader(graph, std::cin, "standard input", options);
    return;
  }
  impl_ = std::make_unique<Impl>(graph, options);
  const bool is_list = path.extension() == ".txt" && fs::exists(path) && !fs::is_directory(path);
  if (is_list) impl_->list.emplace(path);
  impl_->open_all(path);
  if (impl_->files.count() == 0)
    fail("{}: {}", path.string(), is_list ? "lists no samples" : "the arrays hold no samples");
}

SampleReader::SampleReader(const Graph& graph, std::istream& paths, const std::string& name,
                           const ReaderOptions& options)
    : impl_(std::make_unique<Impl>(graph, options)) {
  if (options.shuffle_seed) fail("{}: a stream cannot be shuffled; give a list in a file", name);
  impl_->list.emplace(paths, name);
  if (!impl_->reach(1)) fail("{}: lists no samples", name);
}

SampleReader::SampleReader(SampleReader&&) noexcept = default;
SampleReader& SampleReader::operator=(SampleReader&&) noexcept = default;
SampleReader::~SampleReader() = default;

int64_t SampleReader::count() const { return impl_->count(); }
int64_t SampleReader::known_count() const { return impl_->is_open() ? 0 : impl_->count(); }
int64_t SampleReader::sample_count() const { return impl_->sample_count(); }
Feedback SampleReader::feedback() const { return impl_->feedback; }

bool SampleReader::has(int64_t index) const {
  const bool there = impl_->reach(index * impl_->batch + 1);
  if (!there) impl_->check_any_good();
  return there;
}

TensorMap SampleReader::read(int64_t index) const {
  QTOOL_ASSERT(index >= 0 && impl_->reach(index * impl_->batch + 1));
  return impl_->read(index);
}

std::vector<int64_t> SampleReader::places(int64_t index) const { return impl_->places(index); }

std::vector<std::string> SampleReader::skipped() const {
  std::vector<std::string> result;
  for (const auto& [place, wrong] : impl_->bad) result.push_back(wrong);
  return result;
}

}  // namespace qtool
