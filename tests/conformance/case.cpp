#include "conformance/case.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "conformance/compare.h"
#include "onnx_io/onnx_io.h"
#include "onnx_io/test_data.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxSteps = 100000;

DataSet read_data_set(const Graph& graph, const fs::path& folder) {
  const std::vector<ValueId> inputs = required_inputs(graph);
  std::vector<Datum> data = read_test_data_set(graph, inputs, folder, "input");
  DataSet set;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    set.feed.emplace(graph.value(inputs[i]).name, std::move(data[i]));
  set.expected = read_test_data_set(graph, graph.outputs(), folder, "output");
  return set;
}

std::vector<DataSet> read_data_sets(const Graph& graph, const fs::path& folder) {
  std::vector<DataSet> sets;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with("test_data_set_"))
      sets.push_back(read_data_set(graph, entry.path()));
  if (sets.empty()) fail("holds no test_data_set_*");
  return sets;
}

void run_and_compare(const Model& model, const std::vector<DataSet>& sets,
                     const CompileOptions& options) {
  const Executor executor(model, options);
  for (const DataSet& set : sets) {
    const DatumMap outputs = executor.run_data(set.feed);
    for (std::size_t i = 0; i < set.expected.size(); ++i) {
      const std::string& name = model.graph.value(model.graph.outputs()[i]).name;
      const std::string text = difference(outputs.at(name), set.expected[i]);
      if (!text.empty()) fail("output '{}' {}", name, text);
    }
  }
}

// What `body` throws, or nothing.
template <class Body>
std::string error_of(Body body) {
  try {
    body();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

std::string name_of(const CompileOptions& options) {
  return fmt::format("{} {}", options.first == Provider::kReference ? "reference" : "all",
                     options.fuse ? "fused" : "literal");
}

}  // namespace

std::vector<fs::path> find_cases(const fs::path& folder, const std::string& filter) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find(filter) != std::string::npos && fs::exists(entry.path() / "model.onnx"))
      folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

Case read_case(const fs::path& folder) {
  Case result{import_any_opset(folder / "model.onnx"), {}};
  infer_types(result.model);
  result.sets = read_data_sets(result.model.graph, folder);
  return result;
}

std::vector<std::string> run_case(const fs::path& folder, const Ways& ways) {
  Case loaded;
  const std::string unreadable = error_of([&] { loaded = read_case(folder); });
  if (!unreadable.empty()) return {unreadable};

  std::map<std::string, std::vector<std::string>> ways_by_problem;
  for (const Provider first : ways.first)
    for (const bool fuse : ways.fuse) {
      const CompileOptions options{
          .fuse = fuse, .first = first, .observed = {}, .max_steps = kMaxSteps};
      const std::string problem =
          error_of([&] { run_and_compare(loaded.model, loaded.sets, options); });
      if (!problem.empty()) ways_by_problem[problem].push_back(name_of(options));
    }
  std::vector<std::string> problems;
  for (const auto& [problem, names] : ways_by_problem)
    problems.push_back(names.size() == ways.first.size() * ways.fuse.size()
                           ? problem
                           : fmt::format("{}: {}", fmt::join(names, ", "), problem));
  return problems;
}

}  // namespace qtool
