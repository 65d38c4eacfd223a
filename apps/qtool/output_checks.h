#pragma once

#include <CLI/CLI.hpp>

namespace qtool {

/// Marks an option that names a file to write.
CLI::Validator output_file();

/// Throws Error if a file that an option of `command` asks for cannot be written, so that this is known
/// before the work, or if it is one of the samples of --calib or --data: they are never written to.
void check_outputs(CLI::App& command);

}  // namespace qtool
