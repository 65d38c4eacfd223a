#include "calib/remarks.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/named.h"

namespace qtool {
namespace {

constexpr std::array<Named<Doubt>, 4> kDoubts = {{{"", Doubt::kNone},
                                                  {"unreached", Doubt::kUnreached},
                                                  {"constant", Doubt::kConstant},
                                                  {"few numbers", Doubt::kFew}}};

constexpr std::size_t kNamed = 5;  // the rest is counted

// The sentence if there are values: what is said of one, or of many.
void add(std::vector<std::string>& remarks, std::vector<std::string> values,
         const std::string& of_one, const std::string& of_many) {
  if (values.empty()) return;
  const std::string& text = values.size() == 1 ? of_one : of_many;
  const std::size_t more = values.size() - std::min(values.size(), kNamed);
  values.resize(values.size() - more);
  remarks.push_back(fmt::format("'{}'{} {}", fmt::join(values, "', '"),
                                more > 0 ? fmt::format(" and {} more", more) : "", text));
}

}  // namespace

std::string_view name(Doubt doubt) { return name_of(kDoubts, doubt); }

Doubt doubt(const CalibrationTable& table, const std::string& value) {
  const auto it = table.values.find(value);
  if (it == table.values.end() || it->second.count == 0) return Doubt::kUnreached;
  if (it->second.count > 1 && it->second.min == it->second.max) return Doubt::kConstant;
  const bool is_few = it->second.count < 2 * Histogram::kSide;
  return is_few && table.statistics.contains(value) ? Doubt::kFew : Doubt::kNone;
}

std::vector<std::string> remarks(const CalibrationTable& table, const CalibrationTargets& targets) {
  std::map<Doubt, std::vector<std::string>> doubtful;
  for (const std::string& name : targets.values) doubtful[doubt(table, name)].push_back(name);
  std::vector<std::string> result;
  add(result, doubtful[Doubt::kUnreached], "was reached by no sample: what reads it stays float",
      "were reached by no sample: what reads them stays float");
  add(result, doubtful[Doubt::kConstant],
      "is constant in all samples: do the samples stand for real data?",
      "are constant in all samples: do the samples stand for real data?");
  const auto few = [](const char* have, const char* their) {
    return fmt::format(
        "{} fewer than {} numbers in all samples, too few for a histogram: {} range may be wrong "
        "with methods other than minmax",
        have, 2 * Histogram::kSide, their);
  };
  add(result, doubtful[Doubt::kFew], few("has", "its"), few("have", "their"));
  return result;
}

}  // namespace qtool
