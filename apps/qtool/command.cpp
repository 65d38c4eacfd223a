#include "command.h"

#include <spdlog/spdlog.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "output_checks.h"

namespace qtool {

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& description,
                      const std::string& examples, CommonOptions& options) {
  CLI::App* command = app.add_subcommand(name, description);
  command->footer("Examples:\n" + examples);
  command->add_flag("-q,--quiet", options.quiet, "Print errors only");
  command->add_flag("-v,--verbose", options.verbosity, "Say more; twice for debugging");
  command
      ->add_option("--threads", options.threads,
                   "Threads that compute; results do not depend on them (default: one a core)")
      ->check(positive_number());
  command
      ->add_option(
          "--max-memory", options.max_memory,
          "Memory to take at most: bytes, or with a unit as in 4GB (default: 80 % of what is free)")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->type_name("SIZE");
  command->parse_complete_callback([command, &options] {
    if (options.threads == 0) options.threads = usable_cores();
    set_threads(options.threads);
    if (options.max_memory == 0) options.max_memory = free_memory() / 5 * 4;
    limit_memory(options.max_memory);
    check_outputs(*command);
    using Level = spdlog::level::level_enum;
    spdlog::set_level(options.quiet            ? Level::err
                      : options.verbosity == 0 ? Level::warn
                      : options.verbosity == 1 ? Level::info
                                               : Level::debug);
  });
  return command;
}

CLI::Validator positive_number() {
  const auto check = [](const std::string& text) {
    int64_t number = 0;
    const bool is_positive = CLI::detail::lexical_cast(text, number) && number > 0;
    return is_positive ? "" : "'" + text + "' is no whole number above 0";
  };
  return {check, "POSITIVE"};
}

void add_commands(CLI::App& app) {
  for (const auto add :
       {add_dynamic_command, add_static_command, add_plan_command, add_calibrate_command,
        add_merge_command, add_convert_command, add_bench_command, add_compare_command,
        add_advise_command, add_run_command, add_inspect_command, add_documents_command})
    add(app);
}

}  // namespace qtool
