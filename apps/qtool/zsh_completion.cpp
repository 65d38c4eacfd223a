#include <fmt/format.h>
#include <fmt/ranges.h>

#include "completion.h"
#include "option_facts.h"

namespace qtool {
namespace {

using CLI::detail::find_and_replace;

// {0}: the program; {1}: its commands; {2}: its options; {3}: the options of each command.
constexpr std::string_view kScript = R"(#compdef {0}
# Completion of {0} in zsh.
local -a subcommands=(
{1})
if (( CURRENT == 2 )); then
  _describe command subcommands
  _arguments \
{2}  return
fi
local command=$words[2]
shift words
(( CURRENT-- ))
case $command in
{3}esac
)";

std::string quoted(const std::string& text) {
  return "'" + find_and_replace(text, "'", "'\\''") + "'";
}

// Text inside [...] of _arguments and in front of a colon.
std::string escaped(std::string text) {
  for (const char* special : {"\\", "[", "]", ":"})
    text = find_and_replace(std::move(text), special, std::string("\\") + special);
  return text;
}

// ":what:how to complete it" behind an option's name.
std::string value_of(const OptionFacts& option) {
  if (option.value.empty()) return "";
  const std::string action = option.takes_file() ? "_files"
                             : option.choices.empty()
                                 ? " "
                                 : fmt::format("({})", fmt::join(option.choices, " "));
  return ":" + escaped(option.is_positional ? option.names[0] : option.value) + ":" + action;
}

// One argument of _arguments for each name.
std::string specification(const OptionFacts& option) {
  if (option.is_positional)
    return "  " + quoted((option.is_list ? "*" : "") + value_of(option)) + " \\\n";
  const std::string before =
      option.repeats ? "*" : fmt::format("({})", fmt::join(option.names, " "));
  std::string text;
  for (const std::string& name : option.names) {
    const char* assign = option.value.empty() ? "" : name[1] == '-' ? "=" : "+";
    text += "  " +
            quoted(before + name + assign + "[" + escaped(option.description) + "]" +
                   value_of(option)) +
            " \\\n";
  }
  return text;
}

std::string specifications(const CLI::App& command) {
  std::string text;
  for (const OptionFacts& option : option_facts(command)) text += specification(option);
  return text.substr(0, text.size() - 3) + "\n";  // no backslash at the end
}

}  // namespace

std::string zsh_completion(const CLI::App& program) {
  std::string names, cases;
  for (const CLI::App* command : shown_commands(program)) {
    names += "  " + quoted(command->get_name() + ":" + escaped(command->get_description())) + "\n";
    cases += command->get_name() + ") _arguments \\\n" + specifications(*command) + "  ;;\n";
  }
  return fmt::format(kScript, program.get_name(), names, specifications(program), cases);
}

}  // namespace qtool
