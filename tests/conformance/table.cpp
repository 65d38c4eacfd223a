#include "conformance/table.h"

#include <sstream>

#include "base/error.h"
#include "base/file.h"

namespace qtool {

std::vector<std::pair<std::string, std::string>> read_table(const std::filesystem::path& path) {
  std::istringstream lines{std::string(MappedFile(path).text())};
  std::vector<std::pair<std::string, std::string>> table;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos || colon == 0 || colon + 2 == line.size())
      fail("{}: '{}' is no 'name: text'", path.string(), line);
    table.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return table;
}

}  // namespace qtool
