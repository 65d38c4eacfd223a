#include <fmt/format.h>

#include <algorithm>

#include "report/bench_report.h"
#include "report/gate_text.h"

namespace qtool {
namespace {

std::string xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else if (c == '"')
      escaped += "&quot;";
    else if (static_cast<unsigned char>(c) < 0x20)
      escaped += ' ';  // XML 1.0 has no such characters
    else
      escaped += c;
  }
  return escaped;
}

}  // namespace

std::string bench_junit(const BenchRun& run) {
  const auto count = [&](Verdict verdict) {
    return std::count_if(run.gates.begin(), run.gates.end(),
                         [&](const GateResult& gate) { return gate.verdict == verdict; });
  };
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"qtool bench\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
      run.gates.size(), count(Verdict::kNotMet), count(Verdict::kUndecided));
  for (const GateResult& gate : run.gates) {
    text += fmt::format("  <testcase classname=\"{}\" name=\"{}\"", xml(gate.model), gate.gate);
    if (gate.verdict == Verdict::kMet) {
      text += "/>\n";
      continue;
    }
    const std::string_view kind = gate.verdict == Verdict::kNotMet ? "failure" : "error";
    text += fmt::format("><{} message=\"{}\"/></testcase>\n", kind,
                        xml(fmt::format("{}: {}, wanted {}", name(gate.verdict), value_text(gate),
                                        bound_text(gate))));
  }
  return text + "</testsuite>\n";
}

}  // namespace qtool
