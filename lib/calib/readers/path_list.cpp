#include "calib/readers/path_list.h"

#include <fstream>

#include "base/error.h"

namespace qtool {
namespace {

constexpr const char* kSpace = " \t\r";

std::string trimmed(const std::string& line) {
  const auto first = line.find_first_not_of(kSpace);
  if (first == std::string::npos) return "";
  return line.substr(first, line.find_last_not_of(kSpace) - first + 1);
}

}  // namespace

PathList::PathList(const std::filesystem::path& file)
    : file_(std::make_shared<std::ifstream>(file)),
      lines_(file_.get()),
      name_(file.string()),
      folder_(file.parent_path()) {
  if (!*file_) fail("{}: cannot be read", name_);
}

PathList::PathList(std::istream& lines, std::string name)
    : lines_(&lines), name_(std::move(name)) {}

std::optional<PathList::Entry> PathList::next() {
  for (std::string line; std::getline(*lines_, line);) {
    ++line_;
    const std::string path = trimmed(line);
    if (path.empty() || path[0] == '#') continue;
    return Entry{folder_ / path, fmt::format("{}, line {}", name_, line_)};
  }
  if (lines_->bad()) fail("{}: cannot be read after line {}", name_, line_);
  return std::nullopt;
}

}  // namespace qtool
