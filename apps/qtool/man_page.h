#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace qtool {

/// The manual page (section 1, in man(7)'s macros, UTF-8) of the program or of one of its subcommands.
std::string man_page(const CLI::App& command);

/// The page's name: "qtool", or "qtool-static" of a subcommand.
std::string man_page_name(const CLI::App& command);

}  // namespace qtool
