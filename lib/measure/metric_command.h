#pragma once

#include <string>

namespace qtool {

/// Runs a user's own metric with the shell, "{outputs}" in it replaced by the folder of a model's outputs and
/// "{model}" by its path, both quoted. What it prints last on stdout is the score. Throws Error if it
/// cannot be run, ends with another code than 0, or prints no finite number there.
double run_metric_command(const std::string& command, const std::string& outputs,
                          const std::string& model);

}  // namespace qtool
