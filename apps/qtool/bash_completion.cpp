#include <fmt/format.h>
#include <fmt/ranges.h>

#include "completion.h"
#include "option_facts.h"

namespace qtool {
namespace {

using Words = std::vector<std::string>;

// {0}: the program; {1}: what may follow an option; {2}: the options of each command.
constexpr std::string_view kScript = R"(# Completion of {0} in bash.
_{0}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
  local command=${{COMP_WORDS[1]}} words=
  if [[ $current == = ]]; then  # --option=value is three words
    current=
  elif [[ $previous == = ]]; then
    previous=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  [[ $COMP_CWORD == 1 ]] && command=
  case $command:$previous in
{1}    *)
      [[ $current == -* || $COMP_CWORD == 1 ]] || return  # files
      case $command in
{2}      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o bashdefault -o default -F _{0} {0}
)";

Words option_names(const std::vector<OptionFacts>& options) {
  Words names;
  for (const OptionFacts& option : options)
    if (!option.is_positional) names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

// "static:--format" for each name of an option: what stands in front of its value.
std::string places(const std::string& command, const OptionFacts& option) {
  Words places;
  for (const std::string& name : option.names) places.push_back(command + ":" + name);
  return fmt::format("{}", fmt::join(places, "|"));
}

// What may stand behind each option that takes no file.
std::string values_cases(const CLI::App& program) {
  std::string choices;
  Words numbers;
  for (const CLI::App* command : shown_commands(program))
    for (const OptionFacts& option : option_facts(*command)) {
      if (option.is_positional || option.value.empty() || option.takes_file()) continue;
      const std::string place = places(command->get_name(), option);
      if (option.choices.empty())
        numbers.push_back(place);
      else
        choices += fmt::format("    {}) words='{}' ;;\n", place, fmt::join(option.choices, " "));
    }
  return choices + fmt::format("    {}) compopt +o bashdefault +o default; return ;;\n",
                               fmt::join(numbers, "|"));
}

std::string names_case(const std::string& command, const Words& names) {
  return fmt::format("        {}) words='{}' ;;\n", command, fmt::join(names, " "));
}

}  // namespace

std::string bash_completion(const CLI::App& program) {
  std::string cases;
  Words first = option_names(option_facts(program));
  for (const CLI::App* command : shown_commands(program)) {
    cases += names_case(command->get_name(), option_names(option_facts(*command)));
    first.push_back(command->get_name());
  }
  return fmt::format(kScript, program.get_name(), values_cases(program),
                     names_case("''", first) + cases);
}

}  // namespace qtool
