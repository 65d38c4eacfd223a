#include "calib/remarks.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace qtool {
namespace {

constexpr std::size_t kNamed = 5;  // the rest is counted

// The sentence if there are values; `text` goes between them and the reason.
void add(std::vector<std::string>& remarks, std::vector<std::string> values,
         const std::string& text) {
  if (values.empty()) return;
  const std::size_t more = values.size() - std::min(values.size(), kNamed);
  values.resize(values.size() - more);
  remarks.push_back(fmt::format("'{}'{} {}", fmt::join(values, "', '"),
                                more > 0 ? fmt::format(" and {} more", more) : "", text));
}

}  // namespace

std::vector<std::string> remarks(const CalibrationTable& table, const CalibrationTargets& targets) {
  std::vector<std::string> unreached, constant, few;
  for (const std::string& name : targets.values) {
    const auto it = table.values.find(name);
    if (it == table.values.end() || it->second.count == 0)
      unreached.push_back(name);
    else if (it->second.count > 1 && it->second.min == it->second.max)
      constant.push_back(name);
    else if (table.statistics.contains(name) && it->second.count < 2 * Histogram::kSide)
      few.push_back(name);
  }
  std::vector<std::string> result;
  add(result, unreached, "were reached by no sample: what reads them stays float");
  add(result, constant, "are constant in all samples: do the samples stand for real data?");
  add(result, few,
      fmt::format("have fewer than {} numbers in all samples, too few for a histogram: their "
                  "range may be wrong with methods other than minmax",
                  2 * Histogram::kSide));
  return result;
}

}  // namespace qtool
