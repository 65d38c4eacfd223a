#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace qtool {

/// Where the samples of one model input are.
struct InputFiles {
  std::vector<std::filesystem::path> files;  // .npy or .npz in name order, or .pb of test data sets
  bool shared = false;                       // the .npz files hold other inputs' arrays too
};

/// Whether the file is a tensor of an ONNX test data set.
bool is_test_data(const std::filesystem::path& file);

/// The ONNX test data sets at `path`: itself if it holds input_0.pb, or the folders test_data_set_N
/// in it, in the order of their numbers; none if there is something else.
std::vector<std::filesystem::path> find_data_sets(const std::filesystem::path& path);

/// The input's name as the name of a file or folder: '/' and ':' become '_'.
std::string file_name_of(const std::string& input);

/// Finds the files of each input, in the order of the graph, at `path`, by the layouts told at
/// SampleReader. Looks at names only and opens no file. Inputs that are `optional` may have no
/// files. Throws Error if there is nothing, nothing for another input, or more in a test data set.
std::map<std::string, InputFiles> find_input_files(const std::filesystem::path& path,
                                                   const std::vector<std::string>& inputs,
                                                   const std::set<std::string>& optional = {});

}  // namespace qtool
