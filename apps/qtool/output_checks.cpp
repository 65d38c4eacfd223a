#include "output_checks.h"

#include <algorithm>
#include <filesystem>

#include "base/atomic_file.h"
#include "base/error.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMark = "output";

bool is_output(CLI::Option& option) {
  try {
    return option.get_validator(kMark) != nullptr;
  } catch (const CLI::OptionNotFound&) {
    return false;
  }
}

bool is_source(CLI::Option& option) {
  return option.check_lname("calib") || option.check_lname("data");
}

bool is_within(const fs::path& file, const fs::path& folder) {
  std::error_code none;
  const fs::path inner = fs::canonical(file, none);
  const fs::path outer = fs::canonical(folder, none);
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

bool is_sample(const fs::path& file, const fs::path& source) {
  std::error_code none;
  if (!fs::exists(file, none) || !fs::exists(source, none)) return false;
  if (fs::equivalent(file, source, none)) return true;
  const fs::path kind = fs::weakly_canonical(file, none).extension();
  return fs::is_directory(source, none) && is_within(file, source) &&
         (kind == ".npy" || kind == ".npz" || kind == ".pb");
}

std::vector<std::string> values(CLI::App& command, bool (*is_wanted)(CLI::Option&)) {
  std::vector<std::string> result;
  for (CLI::Option* option : command.get_options({}))
    if (is_wanted(*option))
      result.insert(result.end(), option->results().begin(), option->results().end());
  return result;
}

}  // namespace

CLI::Validator output_file() { return CLI::Validator("").name(kMark); }

void check_outputs(CLI::App& command) {
  const std::vector<std::string> sources = values(command, is_source);
  for (const std::string& file : values(command, is_output)) {
    for (const std::string& source : sources)
      if (is_sample(file, source))
        fail("{}: is one of the samples of {}; choose another name", file, source);
    check_writable(file);
  }
}

}  // namespace qtool
