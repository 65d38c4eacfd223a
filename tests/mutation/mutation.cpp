// Usage: mutation <folder of cases> [options], see --help.
// Runs ONNX's backend tests with changes that make most of them wrong. Each must give outputs or
// an Error; a crash, a sanitizer's report or a run that does not end fails the test.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>

#include "conformance/case.h"
#include "mutation/mutate.h"
#include "onnx_io/onnx_io.h"

namespace {

namespace fs = std::filesystem;
using namespace qtool;

constexpr unsigned kSeconds = 60;
constexpr CompileOptions kLimits = {
    .observed = {}, .max_steps = 10000, .max_bytes = std::size_t{1} << 28};

// What runs, for the handler of the alarm.
char current[512];

void show_current(int signal) {
  const char* text = signal == SIGALRM ? "does not end: " : "crashed: ";
  (void)!write(STDERR_FILENO, text, std::strlen(text));
  (void)!write(STDERR_FILENO, current, std::strlen(current));
  (void)!write(STDERR_FILENO, "\n", 1);
  std::signal(signal, SIG_DFL);
  raise(signal);
}

struct Tally {
  int ran = 0;
  int refused = 0;
};

void run_mutated(const Case& original, const std::string& name, uint64_t seed, Tally& tally) {
  Random random(seed);
  Model model = original.model;
  DatumMap feed = original.sets.at(0).feed;
  std::string done = mutate(model, feed, random);
  if (random() % 2 == 0) done += ", " + mutate(model, feed, random);
  CompileOptions options = kLimits;
  options.fuse = random() % 2 == 0;
  if (random() % 2 == 0) options.first = Provider::kReference;
  std::snprintf(current, sizeof current, "%s, seed %llu: %s", name.c_str(),
                static_cast<unsigned long long>(seed), done.c_str());
  alarm(kSeconds);
  try {
    if (random() % 2 == 0) infer_types(model);
    Executor(model, options).run_data(feed);
    ++tally.ran;
  } catch (const Error&) {
    ++tally.refused;
  }
  alarm(0);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs ONNX's backend tests with changes that make most of them wrong");
  std::string folder;
  std::string filter;
  uint64_t first_seed = 1;
  uint64_t count = 10;
  app.add_option("folder", folder, "Folder of cases")->required();
  app.add_option("--filter", filter, "Run only cases whose name holds this");
  app.add_option("--seed", first_seed, "First seed")->capture_default_str();
  app.add_option("--count", count, "Seeds for each case")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  for (const int signal : {SIGALRM, SIGABRT, SIGSEGV, SIGFPE, SIGBUS})
    std::signal(signal, show_current);
  Tally tally;
  for (const fs::path& path : find_cases(folder, filter)) {
    Case original;
    try {
      original = read_case(path);
    } catch (const Error&) {
      continue;  // the conformance test tells
    }
    for (uint64_t seed = first_seed; seed < first_seed + count; ++seed)
      run_mutated(original, path.filename().string(), seed, tally);
  }
  fmt::print("{} ran, {} refused\n", tally.ran, tally.refused);
  return tally.ran > 0 && tally.refused > 0 ? 0 : 1;
}
