#include "option_facts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace qtool {
namespace {

// "FLOAT:FLOAT in [0 - 1]" is a kind of value and what CLI11 says of each check.
std::string kind_of(const std::string& type) { return type.substr(0, type.find(':')); }

std::vector<std::string> choices_in(const std::string& type) {
  const std::size_t open = type.find(":{"), close = type.find('}');
  if (open == type.npos || close == type.npos) return {};
  return CLI::detail::split(type.substr(open + 2, close - open - 2), ',');
}

std::string bounds_in(const std::string& type) {
  const std::size_t open = type.find(" in [");
  return open == type.npos ? "" : "Value" + type.substr(open) + ".";
}

// The names in the order of the alphabet: the sets are ordered by address.
std::string names_of(const std::set<CLI::Option*>& options) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options) names.push_back(option->get_name());
  std::sort(names.begin(), names.end());
  return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::string> remarks_on(const CLI::Option& option, const OptionFacts& facts) {
  std::vector<std::string> remarks;
  if (option.get_required()) remarks.emplace_back("Required.");
  if (facts.is_list) remarks.emplace_back("Takes several.");
  if (!facts.choices.empty())
    remarks.push_back(fmt::format("One of {}.", fmt::join(facts.choices, ", ")));
  if (const std::string bounds = bounds_in(option.get_type_name()); !bounds.empty())
    remarks.push_back(bounds);
  if (!option.get_needs().empty())
    remarks.push_back(fmt::format("Needs {}.", names_of(option.get_needs())));
  if (!option.get_excludes().empty())
    remarks.push_back(fmt::format("Not with {}.", names_of(option.get_excludes())));
  return remarks;
}

std::vector<std::string> names_of(const CLI::Option& option) {
  if (option.get_positional()) return {option.get_name(true)};
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

OptionFacts facts_of(const CLI::Option& option) {
  OptionFacts facts{.names = names_of(option),
                    .description = option.get_description(),
                    .group = option.get_group(),
                    .is_positional = option.get_positional()};
  if (option.get_type_size() != 0) {
    facts.value = kind_of(option.get_type_name());
    facts.choices = choices_in(option.get_type_name());
    facts.is_list = option.get_expected_max() >= CLI::detail::expected_max_vector_size;
  }
  facts.repeats =
      facts.is_list || option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  facts.remarks = remarks_on(option, facts);
  return facts;
}

}  // namespace

std::vector<OptionFacts> option_facts(const CLI::App& command) {
  std::vector<OptionFacts> result;
  for (const std::string& group : command.get_groups())
    for (const CLI::Option* option : command.get_options())
      if (!group.empty() && option->get_group() == group) result.push_back(facts_of(*option));
  return result;
}

std::vector<const CLI::App*> shown_commands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
}

}  // namespace qtool
