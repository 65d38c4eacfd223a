#include "base/memory.h"
#include "command.h"
#include "feeds.h"
#include "ir/bodies.h"
#include "onnx_io/onnx_io.h"
#include "output_files.h"
#include "progress.h"

namespace qtool {
namespace {

struct RunOptions {
  CommonOptions common;
  SampleOptions samples;
  CompileOptions compile;
  std::string model;
  std::string output;
};

void run(const RunOptions& options) {
  Model model = import_any_opset(options.model);
  const auto in_model = [&] { return options.model; };
  with_context(in_model, [&] { infer_types(model); });
  const Graph graph = without_elements(model.graph);
  const Feeds feeds(graph, options.samples);
  const Executor executor =
      with_context(in_model, [&] { return Executor(std::move(model), options.compile); });
  forget_code();
  Feedback feedback = feeds.feedback();
  ProgressLine progress("running", options.common.quiet);
  for (int64_t i = 0; feeds.has(i); ++i) {
    std::optional<DatumMap> feed = feeds.read(i);
    if (!feed) continue;
    feedback.fill(*feed);
    const DatumMap outputs = with_context(in_model, [&] { return executor.run_data(*feed); });
    feedback.keep(outputs);
    const auto folder = output_folder(options.output, i, feeds.known_count());
    with_context(in_model, [&] { write_outputs(folder, outputs); });
    progress.update(i + 1, feeds.known_count());
  }
  feeds.log_skipped();
}

}  // namespace

void add_run_command(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command =
      add_command(app, "run", "Run a model on samples and write its outputs as .npy files",
                  "  qtool run model.onnx --data samples/ -o outputs/\n"
                  "  qtool run model.onnx --data test_data_set_0/ -o outputs/\n"
                  "  qtool run model.onnx --data frames/ -o outputs/ --feedback state_out=state_in",
                  options->common);
  command->add_option("model", options->model, "Model (.onnx)")->required();
  add_sample_options(*command, "--data", options->samples)->required(false);
  command
      ->add_option("-o,--output", options->output,
                   "Folder for <output>.npy; one sub-folder a sample if there are several")
      ->required();
  command->add_flag_callback(
      "--reference", [options] { options->compile.first = Provider::kReference; },
      "Compute by reference kernels alone: plain loops as ONNX defines the operators; slow");
  command
      ->add_option("--max-steps", options->compile.max_steps,
                   "Stop a run after N nodes, those of loops counted each time (default: no limit)")
      ->check(positive_number());
  command->callback([options] { run(*options); });
}

}  // namespace qtool
