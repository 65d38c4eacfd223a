// Where external data lies: the lines of an input are its location, offset and length. What is
// read must be a file of the model's folder; all others hold the letter x.
#include <sys/stat.h>

#include <algorithm>

#include "base/atomic_file.h"
#include "base/temporary_folder.h"
#include "fuzz/target.h"
#include "onnx_io/external_data.h"

using namespace qtool;
namespace fs = std::filesystem;

// A folder "model" with files and with links in it and out of it, and files beside it.
static fs::path make_folder(const fs::path& root) {
  const fs::path model = root / "model";
  fs::create_directories(model / "sub");
  for (const char* inside : {"model/data", "model/sub/data", "model/..data"})
    write_file(root / inside, std::string(64, 'i'));
  for (const char* outside : {"data", "model_data"})
    write_file(root / outside, std::string(64, 'x'));
  fs::create_symlink("data", model / "in");
  fs::create_symlink("../data", model / "out");
  fs::create_symlink("..", model / "up");
  fs::create_symlink("loop", model / "loop");
  fs::create_symlink("/dev/zero", model / "zero");
  fs::create_hard_link(root / "data", model / "hard");
  ::mkfifo((model / "fifo").c_str(), 0600);
  return model;
}

// The text up to the next line break, which goes as well.
static std::string take_line(std::string_view& text) {
  const std::string line(text.substr(0, text.find('\n')));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

FUZZ(text) {
  static const TemporaryFolder root;
  static const fs::path folder = make_folder(root.path());
  onnx::TensorProto tensor;
  for (const char* key : {"location", "offset", "length"}) {
    auto& entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(take_line(text));
    if (text.empty()) break;
  }
  const ExternalData::Bytes bytes = ExternalData(folder).find(tensor, 16);
  const auto data = bytes.open(0, bytes.size);
  for (std::size_t i = 0; i < bytes.size; ++i) QTOOL_ASSERT(data.get()[i] == std::byte{'i'});
}
