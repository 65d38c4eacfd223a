// Usage: conformance <folder of cases>... [options], see --help.
// Runs ONNX's backend tests with qtool's executor: every folder with a model.onnx and its
// test_data_set_* is a case, and passes if all ways to run it give the expected outputs. Fails if
// an unlisted case fails, or if one passes that not_run.txt or --not-run lists.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "conformance/case.h"
#include "conformance/families.h"
#include "conformance/report.h"
#include "conformance/table.h"

namespace {

namespace fs = std::filesystem;
using qtool::Provider;

struct Options {
  std::vector<std::string> folders;
  std::vector<std::string> not_run;
  std::string filter;
  qtool::Ways ways;
  bool verbose = false;
};

void count(const std::vector<std::string>& problems, bool listed, qtool::Tally& tally) {
  if (!problems.empty() && listed)
    ++tally.listed;
  else if (problems.empty() && !listed)
    ++tally.passed;
  else
    ++tally.failed;
}

std::vector<fs::path> find_cases(const Options& options) {
  std::vector<fs::path> cases;
  for (const std::string& folder : options.folders)
    for (fs::path& found : qtool::find_cases(folder, options.filter))
      cases.push_back(std::move(found));
  return cases;
}

std::set<std::string> read_not_run(const Options& options) {
  std::set<std::string> names;
  std::vector<std::string> lists = options.not_run;
  lists.push_back(CONFORMANCE_DIR "/not_run.txt");
  for (const std::string& list : lists)
    for (const auto& [name, reason] : qtool::read_table(list)) names.insert(name);
  return names;
}

bool run(const Options& options) {
  const qtool::Families families(CONFORMANCE_DIR "/families.txt");
  const std::set<std::string> not_run = read_not_run(options);
  std::map<std::string, qtool::Tally> tallies;
  for (const fs::path& folder : find_cases(options)) {
    const std::string name = folder.filename().string();
    if (options.verbose) fmt::print(stderr, "{}\n", name);
    const std::vector<std::string> problems = qtool::run_case(folder, options.ways);
    const bool listed = not_run.contains(name);
    count(problems, listed, tallies[families.of_case(folder)]);
    if (listed && problems.empty()) fmt::print("{}: passes, but is listed as not run\n", name);
    if (listed) continue;
    for (const std::string& problem : problems) fmt::print("{}: {}\n", name, problem);
  }
  fmt::print("\n{}", qtool::report(tallies));
  return !tallies.empty() && std::all_of(tallies.begin(), tallies.end(),
                                         [](const auto& row) { return row.second.failed == 0; });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs ONNX's backend tests with qtool's executor");
  Options options;
  app.add_option("folder", options.folders, "Folders of cases")->required();
  app.add_option("--not-run", options.not_run,
                 "File of more cases known to fail, `case: reason` lines as in not_run.txt")
      ->allow_extra_args(false);
  app.add_option("--filter", options.filter, "Run only cases whose name holds this");
  app.add_flag("-v,--verbose", options.verbose, "Print the name of each case before it runs");
  app.add_option_function<std::string>(
         "--provider",
         [&](const std::string& name) {
           options.ways.first = {name == "all" ? Provider::kSimd : Provider::kReference};
         },
         "Only with all providers, or with the reference's kernels alone")
      ->check(CLI::IsMember({"all", "reference"}));
  app.add_flag_callback(
      "--no-fuse", [&] { options.ways.fuse = {false}; }, "Only literally, node by node");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(options) ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
