#include "base/atomic_file.h"
#include "base/file.h"
#include "calib/statistics/table_file.h"
#include "command.h"
#include "output_checks.h"

namespace qtool {
namespace {

struct MergeOptions {
  CommonOptions common;
  std::vector<std::string> tables;
  std::string output;
};

void merge_files(const MergeOptions& options) {
  const std::string model =
      with_context([&] { return options.tables[0]; },
                   [&] { return table_fingerprint(read_file(options.tables[0])); });
  CalibrationTable all;
  for (const std::string& path : options.tables)
    with_context([&] { return path; }, [&] { merge(all, parse_table(read_file(path), model)); });
  write_file(options.output, table_json(all, model));
  if (!options.common.quiet)
    fmt::print("{}: {} samples, {} values\n", options.output, all.samples.count(),
               all.values.size());
}

}  // namespace

void add_merge_command(CLI::App& app) {
  auto options = std::make_shared<MergeOptions>();
  CLI::App* command =
      add_command(app, "merge", "Join calibration tables of parts of the samples",
                  "  qtool merge 0.json 1.json 2.json -o table.json", options->common);
  command->add_option("tables", options->tables, "Tables of qtool calibrate --shard (.json)")
      ->required();
  command->add_option("-o,--output", options->output, "Table to write (.json)")
      ->check(output_file())
      ->required();
  command->callback([options] { merge_files(*options); });
}

}  // namespace qtool
