#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace qtool {

/// A script for bash-completion: subcommands, options, the choices of options, files for the rest.
std::string bash_completion(const CLI::App& program);

/// The same for zsh, an autoloaded function of its completion system, with descriptions.
std::string zsh_completion(const CLI::App& program);

}  // namespace qtool
