#include "feeds.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "calib/readers/layout.h"
#include "onnx_io/test_data.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_of(const Graph& graph, const std::vector<ValueId>& ids) {
  std::vector<std::string> names;
  for (const ValueId id : ids) names.push_back(graph.value(id).name);
  return names;
}

DatumMap read_data_set(const Graph& graph, const fs::path& folder) {
  const std::vector<ValueId> inputs = required_inputs(graph);
  const std::vector<Datum> data = read_test_data_set(graph, inputs, folder, "input");
  DatumMap feed;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    feed.emplace(graph.value(inputs[i]).name, data[i]);
  return feed;
}

// The sets to read, for a model that takes more than tensors.
std::vector<fs::path> choose_sets(const SampleOptions& options) {
  std::vector<fs::path> sets = find_data_sets(options.path);
  const ReaderOptions reader = options.reader_options();
  if (sets.empty())
    fail("{}: the model takes sequences or optionals; give ONNX test data sets", options.path);
  if (reader.normalization || reader.channels_last || reader.batch_size > 1 ||
      reader.shuffle_seed || reader.skip_bad || !reader.feedback.empty())
    fail("{}: of the options of samples, only --max-samples is for sequences and optionals",
         options.path);
  if (options.max_samples > 0 && options.max_samples < std::ssize(sets))
    sets.resize(static_cast<std::size_t>(options.max_samples));
  return sets;
}

}  // namespace

Feeds::Feeds(const Graph& graph, const SampleOptions& options) : graph_(graph) {
  if (!options.path.empty() && options.path != "-" && !fs::exists(options.path))
    fail("{}: there is no such file or folder", options.path);
  const std::vector<ValueId> inputs = required_inputs(graph);
  if (inputs.empty()) return;
  if (options.path.empty())
    fail("the model takes '{}'; give samples with --data",
         fmt::join(names_of(graph, inputs), "', '"));
  const auto is_tensor = [&](ValueId id) {
    return value_kind(graph.value(id)) == ValueKind::kTensor;
  };
  if (!std::all_of(inputs.begin(), inputs.end(), is_tensor)) {
    sets_ = choose_sets(options);
    return;
  }
  ReaderOptions reader = options.reader_options();
  reader.only_finite = false;
  samples_.emplace(graph, options.path, reader);
}

bool Feeds::has(int64_t index) const {
  return samples_ ? samples_->has(index) : index < known_count();
}

int64_t Feeds::known_count() const {
  if (samples_) return samples_->known_count();
  return sets_.empty() ? 1 : std::ssize(sets_);
}

std::optional<DatumMap> Feeds::read(int64_t index) const {
  if (samples_) {
    const TensorMap sample = samples_->read(index);
    if (sample.empty()) return std::nullopt;
    return DatumMap(sample.begin(), sample.end());
  }
  if (sets_.empty()) return DatumMap();
  return read_data_set(graph_, sets_[static_cast<std::size_t>(index)]);
}

Feedback Feeds::feedback() const { return samples_ ? samples_->feedback() : Feedback(graph_, {}); }

void Feeds::log_skipped() const {
  if (samples_) qtool::log_skipped(*samples_);
}

}  // namespace qtool
