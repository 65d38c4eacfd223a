#include "report/gate_text.h"

#include <fmt/format.h>

#include <cmath>

namespace qtool {

std::string bound_text(const GateResult& gate) {
  return fmt::format("{} {:g} {}", gate.is_max ? "<=" : ">=", gate.bound, gate.unit);
}

std::string value_text(const GateResult& gate) {
  const Estimate& v = gate.value;
  if (v.low == v.high || std::isnan(v.median)) return fmt::format("{:.4g}", v.median);
  return fmt::format("{:.4g} ({:.4g} to {:.4g})", v.median, v.low, v.high);
}

}  // namespace qtool
