#include "man_page.h"

#include <fmt/format.h>

#include <cctype>
#include <sstream>

#include "option_facts.h"
#include "version.h"

namespace qtool {
namespace {

using CLI::detail::find_and_replace;

// As it stands: no escape, no dash that becomes a hyphen, no macro at the start of a line.
std::string literal(const std::string& text) {
  const std::string escaped = find_and_replace(find_and_replace(text, "\\", "\\e"), "-", "\\-");
  return escaped.find_first_of(".'") == 0 ? "\\&" + escaped : escaped;
}
std::string bold(const std::string& text) { return "\\fB" + literal(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + literal(text) + "\\fR"; }

std::string section(const std::string& name) { return ".SH " + name + "\n"; }

std::string upper_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// "qtool static", as it is called.
std::string call_of(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return (parent != nullptr ? parent->get_name() + " " : "") + command.get_name();
}

std::string synopsis(const CLI::App& command, const std::vector<OptionFacts>& options) {
  std::string text = bold(call_of(command)) + " [" + italic("OPTIONS") + "]";
  for (const OptionFacts& option : options)
    if (option.is_positional) text += " " + italic(option.names[0]) + (option.is_list ? "..." : "");
  if (command.get_parent() == nullptr) text += " " + italic("COMMAND") + " ...";
  return text + "\n";
}

std::string heading(const OptionFacts& option) {
  if (option.is_positional) return italic(option.names[0]);
  std::string names;
  for (const std::string& name : option.names) names += (names.empty() ? "" : ", ") + bold(name);
  return option.value.empty() ? names : names + " " + italic(option.value);
}

std::string entry(const OptionFacts& option) {
  std::string text = ".TP\n" + heading(option) + "\n" + literal(option.description) + "\n";
  std::string remarks;
  for (const std::string& remark : option.remarks) remarks += (remarks.empty() ? "" : " ") + remark;
  return remarks.empty() ? text : text + ".br\n" + literal(remarks) + "\n";
}

// Positionals, then options with a heading for each group but the first.
std::string entries(const std::vector<OptionFacts>& options) {
  std::string arguments, others, group = "Options";
  for (const OptionFacts& option : options) {
    if (!option.is_positional && option.group != group)
      others += ".SS " + literal(group = option.group) + "\n";
    (option.is_positional ? arguments : others) += entry(option);
  }
  return (arguments.empty() ? "" : section("ARGUMENTS") + arguments) + section("OPTIONS") + others;
}

std::string commands(const CLI::App& program) {
  std::string text;
  for (const CLI::App* command : shown_commands(program))
    text += ".TP\n" + bold(man_page_name(*command)) + "(1)\n" +
            literal(command->get_description()) + "\n";
  return text.empty() ? "" : section("COMMANDS") + text;
}

// The help's footer: what is indented stays as it is.
std::string examples(const std::string& footer) {
  std::string text;
  std::istringstream lines(footer);
  for (std::string line; std::getline(lines, line);) {
    if (line == "Examples:")
      text += section("EXAMPLES");
    else if (line.rfind("  ", 0) == 0)
      text += ".nf\n" + literal(line.substr(2)) + "\n.fi\n";
    else
      text += ".PP\n" + literal(line) + "\n";
  }
  return text;
}

}  // namespace

std::string man_page_name(const CLI::App& command) {
  return find_and_replace(call_of(command), " ", "-");
}

std::string man_page(const CLI::App& command) {
  const std::string name = man_page_name(command);
  const std::vector<OptionFacts> options = option_facts(command);
  std::string text =
      fmt::format(".TH {} 1 \"\" \"qtool {}\"\n", literal(upper_case(name)), literal(kVersion));
  text += section("NAME") + literal(name) + " \\- " + literal(command.get_description()) + "\n";
  text += section("SYNOPSIS") + synopsis(command, options);
  text += entries(options) + commands(command) + examples(command.get_footer());
  if (command.get_parent() != nullptr) text += section("SEE ALSO") + bold("qtool") + "(1)\n";
  return text;
}

}  // namespace qtool
