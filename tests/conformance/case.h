#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runtime/executor.h"

namespace qtool {

struct DataSet {
  DatumMap feed;
  std::vector<Datum> expected;  // in the order of the graph's outputs
};

struct Case {
  Model model;  // types inferred
  std::vector<DataSet> sets;
};

/// Folders with a model.onnx below `folder` whose name holds `filter`, by name.
std::vector<std::filesystem::path> find_cases(const std::filesystem::path& folder,
                                              const std::string& filter);

/// Reads `<folder>/model.onnx` and every `<folder>/test_data_set_*`. Throws Error.
Case read_case(const std::filesystem::path& folder);

/// The ways to run a case: `providers` × `fuse`.
struct Ways {
  std::vector<Provider> first = {Provider::kSimd, Provider::kReference};
  std::vector<bool> fuse = {true, false};
};

/// Runs `<folder>/model.onnx` on every `<folder>/test_data_set_*` in every way, and compares. Says
/// what went wrong and in which ways, one line each; nothing if all passed.
std::vector<std::string> run_case(const std::filesystem::path& folder, const Ways& ways);

}  // namespace qtool
