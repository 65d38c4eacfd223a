#include <filesystem>
#include <set>
#include <system_error>

#include "command.h"
#include "feeds.h"
#include "onnx_io/onnx_io.h"
#include "progress.h"
#include "tensor/npy.h"
#include "tensor/widen.h"

namespace qtool {
namespace {

struct RunOptions {
  CommonOptions common;
  SampleOptions samples;
  CompileOptions compile;
  std::string model;
  std::string output;
};

std::string file_name(std::string value) {
  for (char& c : value)
    if (c == '/' || c == ':') c = '_';
  return value + ".npy";
}

std::filesystem::path make_folder(const RunOptions& options, int64_t sample, int64_t count) {
  std::filesystem::path folder = options.output;
  if (count != 1) folder /= fmt::format("{:05}", sample);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail("{}: cannot be made a folder: {}", folder.string(), error.message());
  return folder;
}

// Every tensor by the name of its file: one for an output that is a tensor, one for each element of
// a sequence, none for an empty optional.
std::map<std::string, Tensor> name_files(const DatumMap& outputs) {
  std::map<std::string, Tensor> files;
  const auto add = [&](const std::string& name, const Tensor& tensor) {
    if (!files.emplace(file_name(name), tensor).second)
      fail("two outputs would be written as {}", file_name(name));
  };
  for (const auto& [name, datum] : outputs) {
    if (datum.is_tensor()) add(name, datum.tensor());
    if (!datum.is_sequence()) continue;
    for (std::size_t i = 0; i < datum.sequence().size(); ++i)
      add(fmt::format("{}.{}", name, i), datum.sequence()[i]);
  }
  return files;
}

void run(const RunOptions& options) {
  set_threads(options.samples.threads);
  Model model = import_any_opset(options.model);
  const auto in_model = [&] { return options.model; };
  with_context(in_model, [&] { infer_types(model); });
  const Feeds feeds(model.graph, options.samples);
  const Executor executor =
      with_context(in_model, [&] { return Executor(model, options.compile); });
  Feedback feedback = feeds.feedback();
  ProgressLine progress("running", options.common.quiet);
  for (int64_t i = 0; feeds.has(i); ++i) {
    std::optional<DatumMap> feed = feeds.read(i);
    if (!feed) continue;
    feedback.fill(*feed);
    const DatumMap outputs = with_context(in_model, [&] { return executor.run_data(*feed); });
    feedback.keep(outputs);
    const auto files = with_context(in_model, [&] { return name_files(outputs); });
    const std::filesystem::path folder = make_folder(options, i, feeds.known_count());
    for (const auto& [name, tensor] : files) write_npy(folder / name, widen(tensor));
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
  command
      ->add_option("--max-steps", options->compile.max_steps,
                   "Stop a run after N nodes, those of loops counted each time (default: no limit)")
      ->check(positive_number());
  command->callback([options] { run(*options); });
}

}  // namespace qtool
