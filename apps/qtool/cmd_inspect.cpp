#include <iostream>

#include "command.h"
#include "ir/text.h"
#include "onnx_io/onnx_io.h"
#include "report/model_diff.h"
#include "report/model_report.h"
#include "report/operators_report.h"
#include "report/weight_facts.h"

namespace qtool {
namespace {

struct InspectOptions {
  CommonOptions common;
  std::string model;
  bool json = false;
  bool operators = false;
  bool graph = false;
  std::string weight;
  std::string other;
};

Model load(const std::string& path) {
  Model model = import_model(path);
  with_context([&] { return path; }, [&] { infer_types(model); });
  return model;
}

void show_differences(const InspectOptions& options, const Model& model) {
  constexpr std::size_t kShown = 20;  // of each kind
  const std::vector<Difference> differences = model_diff(model, load(options.other));
  std::cout << (options.json ? diff_json(differences) : diff_text(differences, kShown));
}

void run(const InspectOptions& options) {
  const Model model = load(options.model);
  if (!options.other.empty()) return show_differences(options, model);
  if (options.graph) {
    std::cout << print_text(model);
    return;
  }
  if (!options.weight.empty()) {
    const WeightFacts facts = with_context([&] { return options.model; },
                                           [&] { return weight_facts(model, options.weight); });
    std::cout << (options.json ? weight_json(facts) : weight_text(facts));
    return;
  }
  if (options.operators) {
    const auto uses =
        with_context([&] { return options.model; }, [&] { return operator_uses(model); });
    std::cout << (options.json ? operators_json(uses) + "\n" : operators_text(uses));
    return;
  }
  const ModelSummary summary = summarize(model);
  std::cout << (options.json ? model_json(summary) + "\n" : model_text(summary));
}

}  // namespace

void add_inspect_command(CLI::App& app) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* command = add_command(
      app, "inspect", "Show inputs, outputs, operators, parameters and what is quantized",
      "  qtool inspect model.onnx\n"
      "  qtool inspect model.onnx --ops\n"
      "  qtool inspect model.onnx --weights conv1.weight\n"
      "  qtool inspect model.onnx --diff other.onnx\n"
      "  qtool inspect model.onnx --json",
      options->common);
  command->add_option("model", options->model, "Model (.onnx)")->required();
  command->add_flag("--ops", options->operators,
                    "Show what runs each operator, and which cannot be run");
  CLI::Option* graph = command->add_flag(
      "--graph", options->graph, "Show the graph as text, large constants without elements");
  command
      ->add_option("--weights", options->weight,
                   "Show a constant: its integers, scales and what they stand for")
      ->excludes(graph);
  command->add_option("--diff", options->other, "Show what another model has differently (.onnx)")
      ->excludes(graph)
      ->excludes("--weights")
      ->excludes("--ops");
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options] { run(*options); });
}

}  // namespace qtool
