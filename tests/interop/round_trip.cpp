// Usage: round_trip <folder>...
// Reads and writes every .onnx file below the folders and checks that nothing changed.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "onnx_io/identity.h"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> models_below(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".onnx") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

bool check(const fs::path& path) {
  std::string problem;
  try {
    problem = qtool::round_trip_difference(qtool::MappedFile(path).text());
  } catch (const std::exception& error) {
    problem = error.what();
  }
  if (!problem.empty()) fmt::print("{}: {}\n", path.string(), problem);
  return problem.empty();
}

}  // namespace

int main(int argc, char** argv) {
  int passed = 0;
  int failed = 0;
  for (int i = 1; i < argc; ++i)
    for (const fs::path& path : models_below(argv[i])) ++(check(path) ? passed : failed);
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
