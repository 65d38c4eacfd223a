#include "onnx_io/external_data.h"

#include <algorithm>
#include <charconv>

#include "onnx_io/raw_data.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;

const std::string* find_entry(const onnx::TensorProto& proto, std::string_view key) {
  for (const auto& entry : proto.external_data())
    if (entry.key() == key) return &entry.value();
  return nullptr;
}

std::size_t parse_size(std::string_view key, const std::string& text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    fail("{} of the external data is '{}', expected a number of bytes", key, text);
  return value;
}

// Where `location` leads, links followed. It must stay below the folder of the model, in a file that
// lies nowhere else as well.
fs::path resolve(const fs::path& folder, const std::string& location) {
  const fs::path relative(location);
  if (relative.is_absolute() || std::count(relative.begin(), relative.end(), "..") > 0)
    fail("external data '{}' lies outside the folder of the model", location);
  std::error_code error;
  const fs::path path = fs::canonical(folder / relative, error);
  if (error) fail("external data '{}': {}", (folder / relative).string(), error.message());
  const fs::path root = fs::canonical(folder);
  if (std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first != root.end())
    fail("external data '{}' links to a file outside the folder of the model; copy it there",
         location);
  if (fs::hard_link_count(path, error) > 1 && !error && fs::is_regular_file(path))
    fail(
        "external data '{}' is a file with several names (hard links), which may lie outside the "
        "folder of the model; make a copy of it",
        location);
  return path;
}

}  // namespace

const MappedFile& ExternalData::open(const std::string& location) {
  if (model_ && location == kOwnFile) return *model_;
  if (folder_.empty())
    fail("external data '{}' needs the folder of the model; load the model from its file",
         location);
  const auto it = files_.find(location);
  if (it != files_.end()) return it->second;
  return files_.emplace(location, MappedFile(resolve(folder_, location))).first->second;
}

ExternalData::Bytes ExternalData::find(const onnx::TensorProto& proto, std::size_t size) {
  const std::string* location = find_entry(proto, "location");
  if (location == nullptr || location->empty()) fail("external data has no location");
  const std::string* offset_text = find_entry(proto, "offset");
  const std::string* length_text = find_entry(proto, "length");
  const std::size_t offset = offset_text == nullptr ? 0 : parse_size("offset", *offset_text);
  const std::size_t length = length_text == nullptr ? size : parse_size("length", *length_text);
  const MappedFile& file = open(*location);
  const std::size_t total = file.bytes().size();
  if (offset > total || length > total - offset)
    fail("bytes {} to {} of external data '{}' lie beyond its end at {}", offset, offset + length,
         *location, total);
  return {[file, offset](std::size_t begin, std::size_t end) {
            return file.part(offset + begin, offset + end);
          },
          length};
}

std::uintmax_t ExternalData::total_bytes() const {
  std::uintmax_t sum = 0;
  for (const auto& [location, file] : files_) sum += file.bytes().size();
  return sum;
}

}  // namespace qtool
