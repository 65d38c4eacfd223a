#include "calib/readers/layout.h"

#include <algorithm>

#include "base/error.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;

bool is_npz(const fs::path& path) { return path.extension() == ".npz"; }
bool is_array_file(const fs::path& path) { return path.extension() == ".npy" || is_npz(path); }

// What is looked for: files of these inputs, of which some may have none.
struct Wanted {
  const std::vector<std::string>& inputs;
  const std::set<std::string>& optional;

  // Whether files that name no input are this one's.
  bool is_main(const std::string& input) const {
    return !optional.contains(input) && inputs.size() == optional.size() + 1;
  }
};

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

std::vector<fs::path> array_files_of(const fs::path& folder, const std::set<fs::path>& others) {
  const auto is_own = [&](const fs::path& file) {
    return is_array_file(file) && !others.contains(file);
  };
  std::vector<fs::path> files = keep_if(entries_of(folder), is_own);
  if (files.empty()) fail_empty(folder);
  return files;
}

// The .npy files among the entries that are named after optional inputs.
std::set<fs::path> optional_files(const std::vector<fs::path>& entries, const Wanted& wanted) {
  std::set<fs::path> files;
  for (const std::string& input : wanted.optional)
    if (const fs::path* file = find_named(entries, input, ".npy")) files.insert(*file);
  return files;
}

InputFiles files_in_folder(const fs::path& folder, const std::string& input, const Wanted& wanted) {
  const std::vector<fs::path> entries = entries_of(folder);
  if (const fs::path* sub = find_named(entries, input, "")) return {array_files_of(*sub, {})};
  if (wanted.is_main(input)) return {array_files_of(folder, optional_files(entries, wanted))};
  if (const fs::path* file = find_named(entries, input, ".npy")) return {{*file}};
  std::vector<fs::path> archives = keep_if(entries, is_npz);
  if (archives.empty() && !wanted.optional.contains(input))
    fail(
        "{}: no data for input '{}'; put it into a sub-folder '{}' or a file '{}.npy', or all "
        "inputs into .npz files with an array for each",
        folder.string(), input, file_name_of(input), file_name_of(input));
  return {std::move(archives), true};
}

InputFiles single_file(const fs::path& path, const std::string& input, const Wanted& wanted) {
  if (!is_array_file(path))
    fail("{}: is neither a folder nor a .npy or .npz file nor a .txt list of them", path.string());
  if (is_npz(path)) return {{path}, !wanted.is_main(input)};
  if (wanted.is_main(input)) return {{path}};
  if (wanted.optional.contains(input)) return {};
  fail(
      "{}: one array, but the model has more inputs than '{}'; give a folder with a file "
      "'<input>.npy' for each, or a .npz file",
      path.string(), input);
}

fs::path data_file(const fs::path& set, std::size_t input) {
  return set / fmt::format("input_{}.pb", input);
}

std::map<std::string, InputFiles> files_in_sets(const std::vector<fs::path>& sets,
                                                const std::vector<std::string>& inputs) {
  std::map<std::string, InputFiles> found;
  for (const fs::path& set : sets) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
      found[inputs[i]].files.push_back(data_file(set, i));
    if (const fs::path surplus = data_file(set, inputs.size()); fs::exists(surplus))
      fail("{}: the model has only {} inputs", surplus.string(), inputs.size());
  }
  return found;
}

}  // namespace

bool is_test_data(const fs::path& file) { return file.extension() == ".pb"; }

std::vector<fs::path> find_data_sets(const fs::path& path) {
  if (fs::exists(data_file(path, 0))) return {path};
  std::vector<fs::path> sets;
  if (!fs::is_directory(path)) return sets;
  for (const auto& entry : fs::directory_iterator(path))
    if (entry.path().filename().string().starts_with("test_data_set_") && entry.is_directory())
      sets.push_back(entry.path());
  std::sort(sets.begin(), sets.end(), [](const fs::path& a, const fs::path& b) {
    const std::string &x = a.native(), &y = b.native();  // of the same folder
    return x.size() == y.size() ? x < y : x.size() < y.size();
  });
  return sets;
}

std::string file_name_of(const std::string& input) {
  std::string name = input;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == ':'; }, '_');
  return name;
}

std::map<std::string, InputFiles> find_input_files(const fs::path& path,
                                                   const std::vector<std::string>& inputs,
                                                   const std::set<std::string>& optional) {
  if (!fs::exists(path))
    fail("{}: no such file or folder; give a .npy or .npz file or a folder of .npy files",
         path.string());
  if (const std::vector<fs::path> sets = find_data_sets(path); !sets.empty())
    return files_in_sets(sets, inputs);
  const auto find = fs::is_directory(path) ? files_in_folder : single_file;
  const Wanted wanted{inputs, optional};
  std::map<std::string, InputFiles> found;
  for (const std::string& input : inputs) found[input] = find(path, input, wanted);
  return found;
}

}  // namespace qtool
