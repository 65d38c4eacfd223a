#include "onnx_io/data_file.h"

#include <xxhash.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "onnx_io/raw_data.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".data";
constexpr std::size_t kDigits = 16;  // of the digest
constexpr std::size_t kAlignment = 4096;

// Where symbolic links lead: there the model lies, and its data beside it.
fs::path followed(const fs::path& file) {
  std::error_code error;
  fs::path result = fs::weakly_canonical(file, error);
  return error ? file : result;
}

bool is_data_file(const std::string& name, const std::string& model) {
  if (name.size() != model.size() + 1 + kDigits + kSuffix.size()) return false;
  const std::string digits = name.substr(model.size() + 1, kDigits);
  return name.starts_with(model + ".") && name.ends_with(kSuffix) &&
         std::all_of(digits.begin(), digits.end(),
                     [](unsigned char c) { return std::isxdigit(c); });
}

void set_entry(onnx::TensorProto& tensor, const char* key, std::string value) {
  auto* entry = tensor.add_external_data();
  entry->set_key(key);
  entry->set_value(std::move(value));
}

}  // namespace

DataFile::DataFile(const fs::path& model)
    : file_(followed(model).string() + std::string(kSuffix)), name_(followed(model).filename()) {}

void DataFile::write(onnx::GraphProto& graph, const std::vector<const Tensor*>& tensors) {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                       XXH3_freeState);
  XXH3_64bits_reset(state.get());
  std::size_t offset = 0;
  const auto append = [&](std::string_view bytes) {
    XXH3_64bits_update(state.get(), bytes.data(), bytes.size());
    file_.write(bytes);
    offset += bytes.size();
  };
  std::vector<std::size_t> offsets(tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i] == nullptr) continue;
    append(std::string((kAlignment - offset % kAlignment) % kAlignment, '\0'));
    offsets[i] = offset;
    visit_elements(*tensors[i], append);
  }
  name_ += fmt::format(".{:0{}x}{}", XXH3_64bits_digest(state.get()), kDigits, kSuffix);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i] == nullptr) continue;
    onnx::TensorProto& tensor = *graph.mutable_initializer(static_cast<int>(i));
    tensor.clear_raw_data();
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    set_entry(tensor, "location", name_);
    set_entry(tensor, "offset", std::to_string(offsets[i]));
    set_entry(tensor, "length", std::to_string(tensors[i]->bytes()));
  }
}

std::string DataFile::commit() {
  file_.commit(name_);
  return name_;
}

void remove_data_files(const fs::path& model, const std::string& kept) {
  std::error_code ignored;
  const fs::path file = followed(fs::absolute(model));
  for (const fs::directory_entry& entry : fs::directory_iterator(file.parent_path(), ignored)) {
    const std::string name = entry.path().filename();
    if (name != kept && is_data_file(name, file.filename())) fs::remove(entry.path(), ignored);
  }
}

}  // namespace qtool
