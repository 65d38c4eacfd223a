#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include "onnxruntime/library.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code none;
  for (fs::directory_iterator it(folder, none), end; !none && it != end; it.increment(none))
    found.push_back(it->path());
  return found;
}

bool starts_with(const fs::path& path, std::string_view start) {
  return path.filename().string().rfind(start, 0) == 0;
}

// "libonnxruntime.so.1.31.1" as {1, 31, 1}.
std::vector<int> version_of(const fs::path& library) {
  std::vector<int> numbers;
  std::istringstream parts(library.filename().string());
  for (std::string part; std::getline(parts, part, '.');) {
    int number = 0;
    if (std::from_chars(part.data(), part.data() + part.size(), number).ec == std::errc())
      numbers.push_back(number);
  }
  return numbers;
}

// The folders of installed Python packages below a prefix such as /usr or a virtual environment.
std::vector<fs::path> package_folders(const fs::path& prefix) {
  std::vector<fs::path> folders;
  for (const fs::path& python : entries(prefix / "lib"))
    if (starts_with(python, "python"))
      for (const char* packages : {"site-packages", "dist-packages"})
        folders.push_back(python / packages);
  return folders;
}

// Prefixes of Python environments, those a user would mean first.
std::vector<fs::path> python_prefixes() {
  std::vector<fs::path> prefixes;
  for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"})
    if (const std::string prefix = environment(variable); !prefix.empty())
      prefixes.emplace_back(prefix);
  std::istringstream folders(environment("PATH"));
  for (std::string folder; std::getline(folders, folder, ':');)
    if (std::error_code none; fs::exists(fs::path(folder) / "python3", none))
      prefixes.push_back(fs::path(folder).parent_path());
  if (const std::string home = environment("HOME"); !home.empty())
    prefixes.push_back(fs::path(home) / ".local");
  prefixes.insert(prefixes.end(), {"/usr/local", "/usr"});
  return prefixes;
}

}  // namespace

std::vector<fs::path> library_candidates() {
  std::vector<fs::path> folders;
  for (const fs::path& prefix : python_prefixes())
    for (const fs::path& packages : package_folders(prefix))
      folders.push_back(packages / "onnxruntime" / "capi");
  folders.insert(folders.end(), {"/usr/local/lib", "/usr/lib/x86_64-linux-gnu",
                                 "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"});
  std::vector<fs::path> candidates;
  for (const fs::path& folder : folders) {
    std::vector<fs::path> libraries = entries(folder);
    std::erase_if(libraries,
                  [](const fs::path& file) { return !starts_with(file, "libonnxruntime.so"); });
    std::sort(libraries.begin(), libraries.end(),
              [](const fs::path& a, const fs::path& b) { return version_of(a) > version_of(b); });
    for (const fs::path& library : libraries)
      if (std::find(candidates.begin(), candidates.end(), library) == candidates.end())
        candidates.push_back(library);
  }
  return candidates;
}

}  // namespace qtool
