#include "range_options.h"

namespace qtool {
namespace {

void add_parameter_option(CLI::App& command, const RangeParameter& parameter, RangeChoice& choice) {
  double& number = choice.*parameter.field;
  command
      .add_option(
          "--" + std::string(parameter.name), number,
          fmt::format("Of --method {}: {} ({})", name(parameter.method), parameter.meaning, number))
      ->check(CLI::Range(parameter.least, parameter.most));
}

}  // namespace

void add_range_options(CLI::App& command, RangeChoice& choice) {
  command
      .add_option_function<std::string>(
          "--method",
          [&choice](const std::string& name) { choice.method = *find_range_method(name); },
          "How ranges follow from what was measured: " + range_method_names())
      ->check([](const std::string& name) {
        return find_range_method(name) ? "" : "'" + name + "' is none of " + range_method_names();
      });
  for (const RangeParameter& parameter : range_parameters())
    add_parameter_option(command, parameter, choice);
}

std::string summary(const RangeChoices& choices) {
  std::map<std::string, int> counts;
  for (const auto& [value, choice] : choices) ++counts[to_string(choice)];
  std::string text;
  for (const auto& [method, count] : counts)
    text += fmt::format("{}{} by {}", text.empty() ? "ranges: " : ", ", count, method);
  return text;
}

}  // namespace qtool
