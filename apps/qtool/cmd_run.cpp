#include <filesystem>
#include <system_error>

#include "calib/reader.h"
#include "command.h"
#include "onnx_io/onnx_io.h"
#include "progress.h"
#include "sample_options.h"
#include "tensor/npy.h"

namespace qtool {
namespace {

struct RunOptions {
  CommonOptions common;
  SampleOptions samples;
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
  if (count > 1) folder /= fmt::format("{:05}", sample);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail("{}: cannot be made a folder: {}", folder.string(), error.message());
  return folder;
}

void run(const RunOptions& options) {
  set_threads(options.samples.threads);
  Model model = import_model(options.model);
  const auto in_model = [&] { return options.model; };
  with_context(in_model, [&] { infer_types(model); });
  const SampleReader samples(model.graph, options.samples.path, options.samples.reader_options());
  const Executor executor = with_context(in_model, [&] { return Executor(model); });
  ProgressLine progress("running", options.common.quiet);
  for (int64_t i = 0; i < samples.count(); ++i) {
    const TensorMap feed = samples.read(i);
    const TensorMap outputs = with_context(in_model, [&] { return executor.run(feed); });
    const std::filesystem::path folder = make_folder(options, i, samples.count());
    for (const auto& [name, tensor] : outputs) write_npy(folder / file_name(name), tensor);
    progress.update(i + 1, samples.count());
  }
}

}  // namespace

void add_run_command(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command =
      add_command(app, "run", "Run a model on samples and write its outputs as .npy files",
                  "  qtool run model.onnx --data samples/ -o outputs/", options->common);
  command->add_option("model", options->model, "Model (.onnx)")->required();
  add_sample_options(*command, "--data", options->samples);
  command
      ->add_option("-o,--output", options->output,
                   "Folder for <output>.npy; one sub-folder a sample if there are several")
      ->required();
  command->callback([options] { run(*options); });
}

}  // namespace qtool
