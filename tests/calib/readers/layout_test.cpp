#include "calib/readers/layout.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "error_of.h"
#include "temp_folder.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

namespace {

using Names = std::vector<std::string>;

// Files of an input, relative to the folder.
Names found(const TempFolder& folder, const Names& inputs, const std::string& input) {
  Names names;
  const InputFiles found = find_input_files(folder.path(), inputs).at(input);
  for (const auto& file : found.files)
    names.push_back(file.lexically_relative(folder.path()).string());
  return names;
}

std::string error_of_layout(const std::filesystem::path& path, const Names& inputs) {
  return error_of([&] { find_input_files(path, inputs); });
}

}  // namespace

TEST_CASE("a folder for a model with one input: its array files in name order") {
  const TempFolder folder;
  for (const char* name : {"b.npy", "a10.npy", "a2.npz", "labels.npy", "README.txt", ".x.npy"})
    folder.write(name, "");
  CHECK(found(folder, {"x"}, "x") == Names{"a10.npy", "a2.npz", "b.npy"});
  CHECK_FALSE(find_input_files(folder.path(), {"x"}).at("x").shared);
}

TEST_CASE("a single file serves a model with one input") {
  const TempFolder folder;
  for (const char* name : {"a.npy", "a.npz"}) {
    const InputFiles files = find_input_files(folder.write(name, ""), {"x"}).at("x");
    CHECK(files.files == std::vector{folder / name});
    CHECK_FALSE(files.shared);
  }
}

TEST_CASE("a .npz file serves all inputs of a model") {
  const TempFolder folder;
  const auto path = folder.write("a.npz", "");
  const auto files = find_input_files(path, {"x", "y"});
  for (const char* input : {"x", "y"}) {
    CHECK(files.at(input).files == std::vector{path});
    CHECK(files.at(input).shared);
  }
}

TEST_CASE("sub-folders and files by input name, also mixed") {
  const TempFolder folder;
  folder.write("ids/1.npy", "");
  folder.write("ids/0.npy", "");
  folder.write("ids/labels.npy", "");
  folder.write("mask.npy", "");
  CHECK(found(folder, {"ids", "mask"}, "ids") == Names{"ids/0.npy", "ids/1.npy"});
  CHECK(found(folder, {"ids", "mask"}, "mask") == Names{"mask.npy"});
  CHECK(found(folder, {"ids"}, "ids") == Names{"ids/0.npy", "ids/1.npy"});
}

TEST_CASE("a folder of .npz files serves all inputs") {
  const TempFolder folder;
  folder.write("1.npz", "");
  folder.write("0.npz", "");
  CHECK(found(folder, {"x", "y"}, "y") == Names{"0.npz", "1.npz"});
  CHECK(find_input_files(folder.path(), {"x", "y"}).at("y").shared);
}

TEST_CASE("characters that file names lack become underscores") {
  CHECK(file_name_of("scope/in:0") == "scope_in_0");
  const TempFolder folder;
  folder.write("scope_in_0.npy", "");
  folder.write("in:1.npy", "");
  CHECK(found(folder, {"scope/in:0", "in:1"}, "scope/in:0") == Names{"scope_in_0.npy"});
  CHECK(found(folder, {"scope/in:0", "in:1"}, "in:1") == Names{"in:1.npy"});
}

TEST_CASE("an input's name never leads out of the folder") {
  const TempFolder folder;
  folder.write("secret.npy", "");
  folder.write("samples/y.npy", "");
  CHECK_THAT(error_of_layout(folder / "samples", {"../secret", "y"}),
             ContainsSubstring("no data for input '../secret'"));
}

TEST_CASE("nothing there is an error that says what is expected") {
  const TempFolder folder;
  folder.write("labels.npy", "");
  CHECK_THAT(error_of_layout(folder.path(), {"x"}),
             ContainsSubstring(folder.path().string() + ": no samples in this folder; put .npy"));
  CHECK_THAT(error_of_layout(folder / "missing", {"x"}),
             ContainsSubstring("missing: no such file or folder; give a .npy or .npz file"));
  CHECK_THAT(error_of_layout(folder.write("a.txt", ""), {"x"}),
             ContainsSubstring("a.txt: is neither a folder nor a .npy or .npz file"));
}

TEST_CASE("an input without data is named, with where to put it") {
  const TempFolder folder;
  folder.write("x.npy", "");
  CHECK_THAT(error_of_layout(folder.path(), {"x", "y/0"}),
             ContainsSubstring("no data for input 'y/0'; put it into a sub-folder 'y_0' or a file "
                               "'y_0.npy'"));
  CHECK_THAT(error_of_layout(folder / "x.npy", {"x", "y"}),
             ContainsSubstring("x.npy: one array, but the model has more inputs than 'x'"));
  std::filesystem::create_directory(folder / "y_0");
  CHECK_THAT(error_of_layout(folder.path(), {"x", "y/0"}),
             ContainsSubstring("y_0: no samples in this folder"));
}
