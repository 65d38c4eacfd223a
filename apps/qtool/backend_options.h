#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace qtool {

/// Adds --backend, which takes one or more, and --ort-lib.
void add_backend_options(CLI::App& command, std::vector<std::string>& backends,
                         std::string& ort_library);

}  // namespace qtool
