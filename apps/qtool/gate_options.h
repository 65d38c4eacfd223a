#pragma once

#include <CLI/CLI.hpp>

#include "measure/gates.h"

namespace qtool {

/// Adds --max-accuracy-drop, --min-sqnr, --min-speedup, --max-latency, --max-size and --max-ratio.
void add_gate_options(CLI::App& command, GateBounds& bounds);

/// How the program ends if `gates` are not all met; says so on stderr. Returns if they are.
/// Throws CLI::RuntimeError with exit code 3.
void end_at_gates(const std::vector<GateResult>& gates);

}  // namespace qtool
