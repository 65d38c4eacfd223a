#include "conformance/families.h"

#include <algorithm>
#include <iterator>
#include <sstream>

#include "conformance/table.h"
#include "onnx_io/onnx_io.h"

namespace qtool {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> operators_of(const fs::path& model_file) try {
  const Graph graph = import_any_opset(model_file).graph;
  std::vector<std::string> op_types;
  for (const NodeId id : graph.nodes()) op_types.push_back(full_op_type(graph.node(id)));
  return op_types;
} catch (const Error&) {
  return {};
}

bool matches(std::string_view pattern, std::string_view op_type) {
  if (!pattern.ends_with(".*")) return op_type == pattern;
  return op_type.starts_with(pattern.substr(0, pattern.size() - 1));
}

// The folder of the case that `folder` expands, or `folder` itself.
fs::path unexpanded(const fs::path& folder) {
  const std::string name = folder.filename().string();
  const fs::path original = folder.parent_path() / name.substr(0, name.find("_expanded"));
  return fs::exists(original / "model.onnx") ? original : folder;
}

}  // namespace

Families::Families(const fs::path& path) {
  for (const auto& [name, text] : read_table(path)) {
    std::istringstream words(text);
    families_.push_back({name, {std::istream_iterator<std::string>(words), {}}});
  }
}

std::string Families::of_operators(const std::vector<std::string>& op_types) const {
  for (const Family& family : families_)
    for (const std::string& pattern : family.operators)
      if (std::any_of(op_types.begin(), op_types.end(),
                      [&](const std::string& op_type) { return matches(pattern, op_type); }))
        return family.name;
  return "other";
}

std::string Families::of_case(const fs::path& folder) const {
  return of_operators(operators_of(unexpanded(folder) / "model.onnx"));
}

}  // namespace qtool
