#pragma once

#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

namespace qtool {

/// A list of paths, one a line, read as the lines come. Spaces around a path, blank lines and lines
/// that start with '#' are left out.
class PathList {
 public:
  struct Entry {
    std::filesystem::path path;
    std::string place;  // for messages: "samples.txt, line 3"
  };

  /// The list in a file; its paths start from the file's folder. Throws Error if it cannot be read.
  explicit PathList(const std::filesystem::path& file);
  /// A list that comes in on a stream, which must outlive it; its paths start from the current
  /// folder. `name` stands for it in messages.
  PathList(std::istream& lines, std::string name);

  /// The next path, for which it waits; nothing at the end.
  std::optional<Entry> next();

 private:
  std::shared_ptr<std::istream> file_;  // of the first constructor
  std::istream* lines_;
  std::string name_;
  std::filesystem::path folder_;
  int64_t line_ = 0;
};

}  // namespace qtool
