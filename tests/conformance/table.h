#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace qtool {

/// The lines `name: text` of a file, in order; empty ones and those that start with # are left out.
/// Throws Error naming the file and the line that has no name or no text.
std::vector<std::pair<std::string, std::string>> read_table(const std::filesystem::path& path);

}  // namespace qtool
