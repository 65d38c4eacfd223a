// Runs every case of every <pass>.txt beside this file: text → the pass → text.
//
//   # what is before the first case is ignored
//   --- case <name>
//   <model>
//   --- after            or  --- unchanged
//   <model>
//
// A model that does not begin with "model" is one of IR version 8 and opset 13. Unused values,
// which most passes leave behind, are dropped before comparing.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/file.h"
#include "ir/text.h"
#include "ir/verify.h"
#include "passes/pass.h"

namespace qtool {
namespace {

struct Case {
  std::string name;
  std::string before;
  std::string after;
  bool unchanged = false;
};

bool take_prefix(std::string_view& line, std::string_view prefix) {
  const bool found = line.starts_with(prefix);
  if (found) line.remove_prefix(prefix.size());
  return found;
}

std::vector<Case> parse_cases(std::string_view text) {
  std::vector<Case> cases;
  std::string* section = nullptr;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    if (take_prefix(line, "--- case ")) {
      section = &cases.emplace_back(Case{std::string(line.substr(0, line.find('\n')))}).before;
    } else if (take_prefix(line, "--- ")) {
      REQUIRE(section != nullptr);
      REQUIRE((line == "after\n" || line == "unchanged\n"));
      cases.back().unchanged = line == "unchanged\n";
      section = &cases.back().after;
    } else if (section != nullptr) {
      *section += line;
    }
  }
  return cases;
}

Model parse_model_text(const std::string& text) {
  const bool complete = text.find_first_not_of(" \n") == text.find("model ir");
  Model model = parse_text(complete ? text : "model ir 8 opset 13\ngraph test\n" + text);
  verify(model);
  return model;
}

std::string print_used(Model model) {
  model.graph.compact();
  return print_text(model, 1000);
}

void run_case(const Pass& pass, const Case& test) {
  const Model before = parse_model_text(test.before);
  Model model = before;
  CHECK(pass.run(model) == !test.unchanged);
  verify(model);
  CHECK(print_used(model) == print_used(test.unchanged ? before : parse_model_text(test.after)));
  CHECK_FALSE(pass.run(model));
}

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(QTOOL_SOURCE_DIR "/tests/passes"))
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

TEST_CASE("every text case of every pass holds") {
  for (const std::filesystem::path& file : case_files()) {
    const std::string name = file.stem().string();
    INFO("file " << name << ".txt");
    const Pass* pass = find_pass(name);
    REQUIRE(pass != nullptr);
    const std::vector<Case> cases = parse_cases(MappedFile(file).text());
    REQUIRE_FALSE(cases.empty());
    for (const Case& test : cases) {
      INFO("case " << test.name);
      CHECK((test.unchanged || !test.after.empty()));
      run_case(*pass, test);
    }
  }
}

TEST_CASE("every pass of every pipeline has text cases") {
  std::set<std::string> names;
  for (const std::filesystem::path& file : case_files()) names.insert(file.stem().string());
  for (const auto pipeline :
       {prepare_pipeline(), qoperator_pipeline(), qdq_pipeline(), runtime_pipeline()})
    for (const Pass& pass : pipeline) {
      INFO(pass.name);
      CHECK(names.contains(std::string(pass.name)));
    }
}

}  // namespace
}  // namespace qtool
