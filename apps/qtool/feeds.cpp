#include "feeds.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "onnx_io/test_data.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_of(const Graph& graph, const std::vector<ValueId>& ids) {
  std::vector<std::string> names;
  for (const ValueId id : ids) names.push_back(graph.value(id).name);
  return names;
}

// The test data sets at `path`, in the order of their numbers; none if there is something else.
std::vector<fs::path> find_data_sets(const fs::path& path) {
  if (fs::exists(path / "input_0.pb")) return {path};
  std::vector<fs::path> sets;
  if (!fs::is_directory(path)) return sets;
  for (const auto& entry : fs::directory_iterator(path))
    if (entry.path().filename().string().starts_with("test_data_set_"))
      sets.push_back(entry.path());
  std::sort(sets.begin(), sets.end(), [](const fs::path& a, const fs::path& b) {
    const std::string &x = a.native(), &y = b.native();  // of the same folder
    return x.size() == y.size() ? x < y : x.size() < y.size();
  });
  return sets;
}

DatumMap read_data_set(const Graph& graph, const fs::path& folder) {
  const std::vector<ValueId> inputs = required_inputs(graph);
  const std::vector<Datum> data = read_test_data_set(graph, inputs, folder, "input");
  DatumMap feed;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    feed.emplace(graph.value(inputs[i]).name, data[i]);
  return feed;
}

Feeds open_data_sets(const Graph& graph, const SampleOptions& options,
                     const std::vector<fs::path>& sets) {
  if (options.reader_options().normalization)
    fail("{}: --scale, --mean and --std do not apply to test data sets", options.path);
  const auto count = static_cast<int64_t>(sets.size());
  return {options.max_samples > 0 ? std::min(options.max_samples, count) : count,
          [&graph, sets](int64_t i) {
            return read_data_set(graph, sets[static_cast<std::size_t>(i)]);
          }};
}

Feeds open_samples(const Graph& graph, const SampleOptions& options) {
  ReaderOptions reader_options = options.reader_options();
  reader_options.only_finite = false;
  const auto samples = std::make_shared<const SampleReader>(graph, options.path, reader_options);
  return {samples->count(), [samples](int64_t i) {
            const TensorMap sample = samples->read(i);
            return DatumMap(sample.begin(), sample.end());
          }};
}

}  // namespace

Feeds open_feeds(const Graph& graph, const SampleOptions& options) {
  if (!options.path.empty() && !fs::exists(options.path))
    fail("{}: there is no such file or folder", options.path);
  const std::vector<ValueId> inputs = required_inputs(graph);
  if (inputs.empty()) return {1, [](int64_t) { return DatumMap(); }};
  if (options.path.empty())
    fail("the model takes '{}'; give samples with --data",
         fmt::join(names_of(graph, inputs), "', '"));
  const std::vector<fs::path> sets = find_data_sets(options.path);
  return sets.empty() ? open_samples(graph, options) : open_data_sets(graph, options, sets);
}

}  // namespace qtool
