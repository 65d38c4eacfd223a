#include <filesystem>
#include <iostream>

#include "base/atomic_file.h"
#include "command.h"
#include "measure/causes.h"
#include "measure/twins.h"
#include "onnx_io/onnx_io.h"
#include "output_checks.h"
#include "progress.h"
#include "quantize.h"
#include "report/compare_report.h"
#include "sample_options.h"

namespace qtool {
namespace {

constexpr std::size_t kShown = 20;

struct CompareOptions {
  CommonOptions common;
  SampleOptions samples;
  std::string first;
  std::string other;
  std::string json;
  std::string report;
  bool all = false;
};

Model load(const std::string& path) {
  Model model = import_model(path);
  with_context([&] { return path; }, [&] { infer_types(model); });
  return model;
}

void run(const CompareOptions& options) {
  const Model first = prepared_model({.model = options.first});
  const Model other = load(options.other);
  const SampleReader samples(first.graph, options.samples.path, options.samples.reader_options());
  ProgressLine progress("comparing", options.common.quiet);
  Comparison comparison;
  comparison.layers = compare_layers(first, other, samples, progress.callback());
  comparison.weights = quantized_weights(first.graph, in_qdq_form(other).graph);
  comparison.causes = find_causes(comparison.layers, comparison.weights);
  log_skipped(samples);
  if (!options.json.empty()) write_file(options.json, compare_json(comparison.layers));
  if (!options.report.empty())
    write_file(options.report,
               compare_html({.first = std::filesystem::path(options.first).filename(),
                             .other = std::filesystem::path(options.other).filename(),
                             .graph = first.graph,
                             .samples = samples.sample_count() - std::ssize(samples.skipped())},
                            comparison));
  if (!options.common.quiet) std::cout << compare_text(comparison, options.all ? 0 : kShown);
}

}  // namespace

void add_compare_command(CLI::App& app) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command = add_command(
      app, "compare", "Show which layers of a quantized model are to blame for its error",
      "  qtool compare model.onnx out.onnx --data samples/\n"
      "  qtool compare model.onnx out.onnx --data samples/ --report compare.html\n"
      "  qtool compare model.onnx out.onnx --data samples/ --max-samples 16 --json layers.json",
      options->common);
  command->add_option("model", options->first, "Float model (.onnx)")->required();
  command->add_option("quantized", options->other, "What was made of it (.onnx)")->required();
  add_sample_options(*command, "--data", options->samples);
  command->add_flag("--all", options->all, "Show all values, not the worst 20");
  command->add_option("--json", options->json, "Write the figures of all values to this file")
      ->check(output_file());
  command
      ->add_option("--report", options->report,
                   "Write a page to read in a browser (.html): what is to blame, and charts")
      ->check(output_file());
  command->callback([options] { run(*options); });
}

}  // namespace qtool
