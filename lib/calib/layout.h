#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace qtool {

/// Where the samples of one model input are.
struct InputFiles {
  std::vector<std::filesystem::path> files;  // .npy or .npz, in name order
  bool shared = false;                       // the .npz files hold other inputs' arrays too
};

/// The input's name as the name of a file or folder: '/' and ':' become '_'.
std::string file_name_of(const std::string& input);

/// Finds the files of each input below `path`, by the layouts told at SampleReader. Looks at names
/// only and opens no file. Throws Error if there is nothing, or nothing for one of the inputs.
std::map<std::string, InputFiles> find_input_files(const std::filesystem::path& path,
                                                   const std::vector<std::string>& inputs);

}  // namespace qtool
