#include "conformance/report.h"

#include <fmt/format.h>

namespace qtool {
namespace {

std::string line(std::string_view family, const Tally& tally) {
  return fmt::format("{:<24}{:>6}{:>6}{:>8}\n", family, tally.passed, tally.failed, tally.listed);
}

}  // namespace

std::string report(const std::map<std::string, Tally>& families) {
  std::string text = fmt::format("{:<24}{:>6}{:>6}{:>8}\n", "family", "pass", "fail", "listed");
  Tally total;
  for (const auto& [family, tally] : families) {
    text += line(family, tally);
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.listed += tally.listed;
  }
  const int cases = total.passed + total.failed + total.listed;
  return text + line("total", total) +
         fmt::format("{} of {} cases pass: {:.1f} %\n", total.passed, cases,
                     100.0 * total.passed / std::max(cases, 1));
}

}  // namespace qtool
