// Usage: fuzz_seeds <folder> <source>...
// Writes each small model.onnx below the sources, with the first of its test data sets to feed, as an
// input of the targets that read models; see model_input.h.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/atomic_file.h"
#include "base/file.h"
#include "fuzz/model_input.h"
#include "onnx_io/onnx_io.h"
#include "onnx_io/test_data.h"

namespace {

namespace fs = std::filesystem;
using namespace qtool;

constexpr std::size_t kMostBytes = 1 << 15;

DatumMap read_feed(const Graph& graph, const fs::path& folder) {
  DatumMap feed;
  const std::vector<ValueId> inputs = required_inputs(graph);
  std::vector<Datum> data = read_test_data_set(graph, inputs, folder, "input");
  for (std::size_t i = 0; i < data.size(); ++i)
    feed.emplace(graph.value(inputs[i]).name, std::move(data[i]));
  return feed;
}

// Without data to feed where there is none, or none that qtool reads.
std::string seed_of(const fs::path& path) {
  onnx::ModelProto proto;
  proto.ParseFromString(read_file(path));
  try {
    const Model model = import_model(path);
    write_feed(read_feed(model.graph, path.parent_path() / "test_data_set_0"), proto);
  } catch (const Error&) {
  }
  return proto.SerializeAsString();
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path folder = argv[1];
  fs::create_directories(folder);
  std::size_t count = 0;
  for (int i = 2; i < argc; ++i)
    for (const auto& entry : fs::recursive_directory_iterator(argv[i])) {
      if (entry.path().extension() != ".onnx" || entry.file_size() > kMostBytes) continue;
      const std::string seed = seed_of(entry.path());
      if (seed.size() > kMostBytes) continue;
      std::string name = fs::relative(entry.path(), argv[i]).string();
      std::replace(name.begin(), name.end(), '/', '-');
      write_file(folder / name, seed);
      ++count;
    }
  fmt::print("{} models\n", count);
  return count > 0 ? 0 : 1;
}
