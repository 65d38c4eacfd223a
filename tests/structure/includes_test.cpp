#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

// Holds docs/architecture.md's table against the #include lines.
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

const std::map<std::string, Names> kMayInclude = {
    {"base", {}},
    {"tensor", {"base"}},
    {"ir", {"base", "tensor"}},
    {"onnx_io", {"base", "tensor", "ir"}},
    {"kernels", {"base"}},
    {"ops", {"base", "tensor", "ir", "kernels"}},
    {"passes", {"base", "tensor", "ir", "ops"}},
    {"runtime", {"base", "tensor", "ir", "onnx_io", "ops", "passes", "kernels"}},
    {"calib", {"base", "tensor", "ir", "onnx_io", "kernels", "ops", "passes", "runtime"}},
    {"quant", {"base", "tensor", "ir", "onnx_io", "ops", "passes", "runtime", "calib"}},
    {"metrics", {"base", "tensor"}},
    {"onnxruntime", {"base", "tensor"}},
    {"measure",
     {"base", "tensor", "ir", "onnx_io", "ops", "passes", "runtime", "calib", "metrics",
      "onnxruntime"}},
    {"advise", {"base", "ir", "runtime", "calib", "quant", "metrics", "measure"}},
    {"report",
     {"base", "tensor", "ir", "runtime", "calib", "metrics", "quant", "measure", "advise"}},
};

// Folders of our own that the file includes.
Names included_folders(const fs::path& file) {
  static const std::regex kInclude(R"re(^\s*#include "([a-z_]+)/)re");
  Names result;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);)
    if (std::smatch match; std::regex_search(line, match, kInclude)) result.insert(match[1]);
  return result;
}

bool includes_protobuf(const fs::path& file) {
  static const std::regex kInclude(R"(^\s*#include <(google/protobuf|onnx)/)");
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);)
    if (std::regex_search(line, kInclude)) return true;
  return false;
}

}  // namespace

TEST_CASE("every folder of lib includes only what it may") {
  Names seen;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(QTOOL_SOURCE_DIR) / "lib")) {
    const std::string extension = entry.path().extension();
    if (extension != ".h" && extension != ".cpp") continue;
    const fs::path relative = fs::relative(entry.path(), fs::path(QTOOL_SOURCE_DIR) / "lib");
    const std::string folder = *relative.begin();
    INFO(relative.string());
    REQUIRE(kMayInclude.count(folder) == 1);
    seen.insert(folder);
    for (const std::string& included : included_folders(entry.path()))
      CHECK((included == folder || kMayInclude.at(folder).count(included) == 1));
    if (folder != "onnx_io") CHECK_FALSE(includes_protobuf(entry.path()));
  }
  CHECK(seen.size() == kMayInclude.size());
}
