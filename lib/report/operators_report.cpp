#include "report/operators_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "report/table.h"

namespace qtool {

std::string operators_text(const std::vector<OperatorUse>& uses) {
  Table table{{{"operator"}, {"version", true}, {"nodes", true}, {"kernel"}}, {}};
  for (const OperatorUse& use : uses)
    table.rows.push_back(
        {use.op_type, std::to_string(use.version), std::to_string(use.nodes), use.kernel});
  const auto missing = std::count_if(uses.begin(), uses.end(),
                                     [](const OperatorUse& use) { return use.kernel == "none"; });
  return to_text(table) +
         (missing == 0 ? "all operators can be run\n"
                       : fmt::format("{} of {} operators cannot be run\n", missing, uses.size()));
}

std::string operators_json(const std::vector<OperatorUse>& uses) {
  auto json = nlohmann::ordered_json::array();
  for (const OperatorUse& use : uses)
    json.push_back({{"operator", use.op_type},
                    {"version", use.version},
                    {"nodes", use.nodes},
                    {"kernel", use.kernel}});
  return json.dump(2);
}

}  // namespace qtool
