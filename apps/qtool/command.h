#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace qtool {

/// Options that every subcommand takes.
struct CommonOptions {
  bool quiet = false;
  int verbosity = 0;
  int threads = 0;             // at least 1 when the command runs
  std::size_t max_memory = 0;  // bytes; 0: what is free, but for a fifth
};

/// Adds a subcommand with --quiet, -v, --threads and --max-memory, which are in force when it runs; `examples` stand at the end of its help.
CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& description,
                      const std::string& examples, CommonOptions& options);

/// A check of an option that takes a whole number above 0, as CLI::PositiveNumber but for its message.
CLI::Validator positive_number();

/// Adds all subcommands, in the order of --help.
void add_commands(CLI::App& app);

// One function for each subcommand, each in cmd_<name>.cpp: adds the options and what runs.
void add_dynamic_command(CLI::App& app);
void add_static_command(CLI::App& app);
void add_plan_command(CLI::App& app);
void add_calibrate_command(CLI::App& app);
void add_merge_command(CLI::App& app);
void add_convert_command(CLI::App& app);
void add_bench_command(CLI::App& app);
void add_compare_command(CLI::App& app);
void add_advise_command(CLI::App& app);
void add_run_command(CLI::App& app);
void add_inspect_command(CLI::App& app);
void add_documents_command(CLI::App& app);

}  // namespace qtool
