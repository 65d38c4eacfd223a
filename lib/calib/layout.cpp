#include "calib/layout.h"

#include <algorithm>

#include "base/error.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;

bool is_npz(const fs::path& path) { return path.extension() == ".npz"; }
bool is_array_file(const fs::path& path) { return path.extension() == ".npy" || is_npz(path); }

// Visible entries in name order, without labels.npy.
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string file = it->path().filename().string();
    if (file != "labels.npy" && file[0] != '.') entries.push_back(it->path());
  }
  if (error) fail("{}: cannot be read: {}", folder.string(), error.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

template <class Keep>
std::vector<fs::path> keep_if(std::vector<fs::path> paths, Keep keep) {
  std::erase_if(paths, [&](const fs::path& path) { return !keep(path); });
  return paths;
}

[[noreturn]] void fail_empty(const fs::path& folder) {
  fail(
      "{}: no samples in this folder; put .npy files of the model's input there, each with one or "
      "more samples on axis 0",
      folder.string());
}

// The entry with the input's name, or null. `suffix` is ".npy" for a file, "" for a folder.
const fs::path* find_named(const std::vector<fs::path>& entries, const std::string& input,
                           const std::string& suffix) {
  for (const std::string& base : {input, file_name_of(input)})
    for (const fs::path& entry : entries)
      if (entry.filename() == base + suffix && fs::is_directory(entry) == suffix.empty())
        return &entry;
  return nullptr;
}

std::vector<fs::path> array_files_of(const fs::path& folder) {
  std::vector<fs::path> files = keep_if(entries_of(folder), is_array_file);
  if (files.empty()) fail_empty(folder);
  return files;
}

InputFiles files_in_folder(const fs::path& folder, const std::string& input, bool only_input) {
  const std::vector<fs::path> entries = entries_of(folder);
  if (const fs::path* sub = find_named(entries, input, "")) return {array_files_of(*sub)};
  if (only_input) return {array_files_of(folder)};
  if (const fs::path* file = find_named(entries, input, ".npy")) return {{*file}};
  std::vector<fs::path> archives = keep_if(entries, is_npz);
  if (archives.empty())
    fail(
        "{}: no data for input '{}'; put it into a sub-folder '{}' or a file '{}.npy', or all "
        "inputs into .npz files with an array for each",
        folder.string(), input, file_name_of(input), file_name_of(input));
  return {std::move(archives), true};
}

InputFiles single_file(const fs::path& path, const std::string& input, bool only_input) {
  if (!is_array_file(path)) fail("{}: is neither a folder nor a .npy or .npz file", path.string());
  if (!only_input && !is_npz(path))
    fail(
        "{}: one array, but the model has more inputs than '{}'; give a folder with a file "
        "'<input>.npy' for each, or a .npz file",
        path.string(), input);
  return {{path}, !only_input};
}

}  // namespace

std::string file_name_of(const std::string& input) {
  std::string name = input;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == ':'; }, '_');
  return name;
}

std::map<std::string, InputFiles> find_input_files(const fs::path& path,
                                                   const std::vector<std::string>& inputs) {
  if (!fs::exists(path))
    fail("{}: no such file or folder; give a .npy or .npz file or a folder of .npy files",
         path.string());
  const auto find = fs::is_directory(path) ? files_in_folder : single_file;
  std::map<std::string, InputFiles> found;
  for (const std::string& input : inputs) found[input] = find(path, input, inputs.size() == 1);
  return found;
}

}  // namespace qtool
