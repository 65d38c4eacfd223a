#include "output_files.h"

#include <system_error>

#include "tensor/npy.h"
#include "tensor/widen.h"

namespace qtool {
namespace {

std::string file_name(std::string value) {
  for (char& c : value)
    if (c == '/' || c == ':') c = '_';
  return value + ".npy";
}

std::map<std::string, Tensor> name_files(const DatumMap& outputs) {
  std::map<std::string, Tensor> files;
  const auto add = [&](const std::string& name, const Tensor& tensor) {
    if (!files.emplace(file_name(name), tensor).second)
      fail("two outputs would be written as {}", file_name(name));
  };
  for (const auto& [name, datum] : outputs) {
    if (datum.is_tensor()) add(name, datum.tensor());
    if (!datum.is_sequence()) continue;
    for (std::size_t i = 0; i < datum.sequence().size(); ++i)
      add(fmt::format("{}.{}", name, i), datum.sequence()[i]);
  }
  return files;
}

}  // namespace

std::filesystem::path output_folder(const std::filesystem::path& root, int64_t index,
                                    int64_t count) {
  std::filesystem::path folder = root;
  if (count != 1) folder /= fmt::format("{:05}", index);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail("{}: cannot be made a folder: {}", folder.string(), error.message());
  return folder;
}

void write_outputs(const std::filesystem::path& folder, const DatumMap& outputs) {
  for (const auto& [name, tensor] : name_files(outputs)) write_npy(folder / name, widen(tensor));
}

}  // namespace qtool
