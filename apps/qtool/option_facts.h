#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace qtool {

/// What --help tells of an option, in parts.
struct OptionFacts {
  std::vector<std::string> names;    // "-q" and "--quiet"; of a positional its name alone
  std::string value;                 // "TEXT", "INT"…; empty for a flag
  std::vector<std::string> choices;  // the values it takes; empty: not only certain ones
  std::vector<std::string> remarks;  // sentences: "Required.", "Not with --plan."
  std::string description;
  std::string group;           // the heading it stands under
  bool is_positional = false;  // given without a name
  bool is_list = false;        // takes several values
  bool repeats = false;        // may be given several times

  /// Whether its value may be a file's path.
  bool takes_file() const { return value == "TEXT" && choices.empty(); }
};

/// The options that --help of the command shows, in its order.
std::vector<OptionFacts> option_facts(const CLI::App& command);

/// The subcommands that --help shows, in its order.
std::vector<const CLI::App*> shown_commands(const CLI::App& app);

}  // namespace qtool
