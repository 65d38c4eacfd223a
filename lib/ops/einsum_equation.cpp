#include "ops/einsum_equation.h"

#include <algorithm>
#include <map>
#include <string>

#include "base/error.h"

namespace qtool {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

AxisLabels parse_term(std::string_view term) {
  AxisLabels labels;
  while (!term.empty()) {
    const bool ellipsis = term.starts_with("...");
    if (!ellipsis && !is_letter(term[0])) fail("'{}' is no letter", term[0]);
    labels.push_back(ellipsis ? kEllipsis : term[0]);
    term.remove_prefix(ellipsis ? 3 : 1);
  }
  if (std::count(labels.begin(), labels.end(), kEllipsis) > 1) fail("a term has two ellipses");
  return labels;
}

std::map<int, int> count_labels(const std::vector<AxisLabels>& terms) {
  std::map<int, int> counts;
  for (const AxisLabels& term : terms)
    for (const int label : term) ++counts[label];
  return counts;
}

AxisLabels implicit_output(const std::map<int, int>& counts) {
  AxisLabels output;
  if (counts.contains(kEllipsis)) output.push_back(kEllipsis);
  for (const auto& [label, count] : counts)
    if (label != kEllipsis && count == 1) output.push_back(label);
  return output;
}

void check_output(const AxisLabels& output, const std::map<int, int>& counts) {
  for (const int label : output) {
    if (label != kEllipsis && !counts.contains(label))
      fail("'{}' of the output is in no input", static_cast<char>(label));
    if (std::count(output.begin(), output.end(), label) > 1) fail("the output repeats a label");
  }
}

EinsumEquation parse(std::string_view text) {
  EinsumEquation equation;
  const std::size_t arrow = text.find("->");
  std::string_view inputs = text.substr(0, arrow);
  for (std::size_t comma = 0; comma != std::string_view::npos;) {
    comma = inputs.find(',');
    equation.inputs.push_back(parse_term(inputs.substr(0, comma)));
    if (comma != std::string_view::npos) inputs.remove_prefix(comma + 1);
  }
  const std::map<int, int> counts = count_labels(equation.inputs);
  equation.output = arrow == std::string_view::npos ? implicit_output(counts)
                                                    : parse_term(text.substr(arrow + 2));
  check_output(equation.output, counts);
  return equation;
}

}  // namespace

EinsumEquation parse_einsum(std::string_view equation) {
  std::string text(equation);
  std::erase(text, ' ');
  return with_context([&] { return fmt::format("equation '{}'", equation); },
                      [&] { return parse(text); });
}

AxisLabels expand_ellipsis(const AxisLabels& labels, int count) {
  AxisLabels result;
  for (const int label : labels) {
    if (label != kEllipsis) result.push_back(label);
    for (int i = count; label == kEllipsis && i > 0; --i) result.push_back(kEllipsis + i - 1);
  }
  return result;
}

}  // namespace qtool
