#include "runtime/unsupported.h"

#include <fmt/ranges.h>

#include <map>

namespace qtool {
namespace {

constexpr std::size_t kNamesShown = 5;

std::string operator_text(const UnsupportedNode& node) {
  const std::string text = fmt::format("{} (version {})", node.op_type, node.version);
  return node.types.empty() ? text : text + " of " + node.types;
}

std::string names_text(const std::vector<std::string>& names) {
  const std::vector<std::string> shown(names.begin(),
                                       names.begin() + std::min(names.size(), kNamesShown));
  const std::string text = fmt::format("'{}'", fmt::join(shown, "', '"));
  return names.size() == shown.size()
             ? text
             : fmt::format("{} and {} more", text, names.size() - shown.size());
}

}  // namespace

std::string unsupported_text(const std::vector<UnsupportedNode>& nodes) {
  std::map<std::string, std::vector<std::string>> names;
  for (const UnsupportedNode& node : nodes) names[operator_text(node)].push_back(node.name);
  std::vector<std::string> parts;
  for (const auto& [op, in] : names) parts.push_back(fmt::format("{} at {}", op, names_text(in)));
  return fmt::format("no kernel for {} operator{} of the model: {}", parts.size(),
                     parts.size() == 1 ? "" : "s", fmt::join(parts, "; "));
}

}  // namespace qtool
