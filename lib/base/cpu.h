#pragma once

namespace qtool {

/// How many of the machine's cores this process may use at the same time: those of its CPU affinity,
/// two hardware threads of one core counted once, but no more than its control group's share of CPU
/// time. At least 1.
int usable_cores();

}  // namespace qtool
