#include <fmt/format.h>

#include <filesystem>

#include "command.h"
#include "ir/bodies.h"
#include "onnx_io/onnx_io.h"
#include "output_checks.h"
#include "passes/pass.h"
#include "passes/quantized_forms.h"
#include "passes/quantized_value.h"

namespace qtool {
namespace {

struct ConvertOptions {
  CommonOptions common;
  std::string model;
  std::string output;
  std::string format = "qdq";
};

// Nodes of a model by what they are to its format.
struct FormatCounts {
  int pairs = 0;       // QuantizeLinear and DequantizeLinear
  int qoperators = 0;  // operators on integers that have a float form
};

FormatCounts count_format(const Graph& graph) {
  std::set<std::string_view> known;
  for (const QuantizedForm& form : quantized_forms()) known.insert(form.qoperator);
  FormatCounts counts;
  for_each_graph(graph, [&](const Graph& each) {
    for (const NodeId id : each.nodes()) {
      const Node& node = each.node(id);
      counts.pairs += is_quantize(node) || is_dequantize(node);
      counts.qoperators += known.contains(full_op_type(node));
    }
  });
  return counts;
}

void print_summary(const ConvertOptions& options, const FormatCounts& before,
                   const FormatCounts& after) {
  const auto size = static_cast<double>(stored_bytes(options.output));
  fmt::print(
      "{}: {:.1f} KB; QuantizeLinear and DequantizeLinear: {} -> {}, quantized operators: "
      "{} -> {}\n",
      options.output, size / 1024, before.pairs, after.pairs, before.qoperators, after.qoperators);
}

void convert(const ConvertOptions& options) {
  Model model = import_model(options.model);
  FormatCounts before;
  with_context([&] { return options.model; },
               [&] {
                 expand_functions(model, [](auto, auto) { return true; });  // only its own
                 before = count_format(model.graph);
                 if (before.pairs + before.qoperators == 0)
                   fail(
                       "there is nothing to convert: no QuantizeLinear, no DequantizeLinear, no "
                       "quantized operator that has a float form");
                 raise_opset(model, kQuantizationOpset);
                 infer_types(model);
                 run_passes(model, options.format == "qdq" ? qdq_pipeline() : qoperator_pipeline(),
                            {.bodies = true});
               });
  const FormatCounts after = count_format(model.graph);
  save_model(model, options.output);
  if (!options.common.quiet) print_summary(options, before, after);
}

}  // namespace

void add_convert_command(CLI::App& app) {
  auto options = std::make_shared<ConvertOptions>();
  CLI::App* command = add_command(
      app, "convert", "Write a quantized model in the other format",
      "  qtool convert qoperator.onnx qdq.onnx\n"
      "  qtool convert qdq.onnx qoperator.onnx --format qoperator\n"
      "  qtool convert trained.onnx out.onnx    weights behind QuantizeLinear become integers",
      options->common);
  command->add_option("model", options->model, "Quantized model (.onnx)")->required();
  command->add_option("output", options->output, "Model to write (.onnx)")
      ->check(output_file())
      ->required();
  command->add_option("--format", options->format, "qdq (default) or qoperator")
      ->check(CLI::IsMember({"qdq", "qoperator"}));
  command->callback([options] { convert(*options); });
}

}  // namespace qtool
