#include "quantize.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <iostream>

#include "ir/text.h"
#include "onnx_io/onnx_io.h"
#include "passes/pass.h"

namespace qtool {
namespace {

PassOptions pass_options(const QuantizeOptions& options) {
  return {.bodies = true, .after = [&options](const PassReport& report, const Model& model) {
    if (options.time_passes)
      fmt::print(stderr, "{:<28} {:>9.2f} ms{}\n", report.pass, report.seconds * 1e3,
                 report.changed ? "" : "  (no change)");
    if (report.pass == options.print_after) std::cout << print_text(model);
  }};
}

void check_print_after(const std::string& name) {
  if (name.empty() || find_pass(name) != nullptr) return;
  std::string known;
  for (const Pass& pass : prepare_pipeline()) known += fmt::format(" {}", pass.name);
  fail("--print-after={}: there is no such pass; there are{}", name, known);
}

void check_types(const QuantOptions& quant) {
  if (quant.activation.dtype == DType::kInt8 && quant.weight.dtype == DType::kUInt8)
    throw CLI::ValidationError("--weight-type",
                               "u8 does not go with --activation-type s8: runtimes "
                               "have no such kernels; use s8 for both");
}

// Logs every node that stays float; throws if no node is quantized.
void report_plan(const QuantPlan& plan) {
  int quantized = 0;
  std::map<std::string, int> reasons;
  for (const NodePlan& node : plan.nodes) {
    if (node.mode != Mode::kFloat) {
      ++quantized;
      continue;
    }
    spdlog::info("float: {} ({}): {}", node.node, node.op_type, node.reason);
    ++reasons[fmt::format("{}: {}", node.op_type, node.reason)];
  }
  if (quantized > 0) return;
  std::string text;
  for (const auto& [reason, count] : reasons) text += fmt::format("; {}x {}", count, reason);
  fail("there is nothing to quantize{}", text);
}

void print_summary(const QuantizeOptions& options, const QuantPlan& plan) {
  std::map<std::string, int> counts;
  for (const NodePlan& node : plan.nodes) ++counts[std::string(name(node.mode))];
  const auto before = static_cast<double>(std::filesystem::file_size(options.model));
  const auto after = static_cast<double>(std::filesystem::file_size(options.output));
  std::string modes;
  for (const auto& [mode, count] : counts)
    modes += fmt::format("{}{} {}", modes.empty() ? "" : ", ", count, mode);
  fmt::print("{}: {:.1f} KB, {:.2f} times smaller; nodes: {}\n", options.output, after / 1024,
             before / after, modes);
}

void add_type_option(CLI::App& command, const std::string& name, DType& type,
                     const std::string& description) {
  const auto set = [&type](const std::string& text) {
    type = text == "u8" ? DType::kUInt8 : DType::kInt8;
  };
  command.add_option_function<std::string>(name, set, description)
      ->check(CLI::IsMember({"s8", "u8"}));
}

}  // namespace

void add_quantize_options(CLI::App& command, QuantizeOptions& options) {
  command.add_option("model", options.model, "Float model (.onnx)")->required();
  command.add_option("output", options.output, "Quantized model to write (.onnx)")->required();
  CLI::Option* per_channel =
      command.add_flag("--per-channel")
          ->description("One weight scale for each output channel (default)");
  command.add_flag("--per-tensor", options.per_tensor, "One weight scale for the whole tensor")
      ->excludes(per_channel);
  add_type_option(command, "--weight-type", options.quant.weight.dtype, "s8 (default) or u8");
  if (options.quant.mode == Mode::kStatic)
    add_type_option(command, "--activation-type", options.quant.activation.dtype,
                    "u8 (default) or s8; s8 is slower on x86");
  command.add_option("--print-after", options.print_after,
                     "Print the graph as text after this pass");
  command.add_flag("--time-passes", options.time_passes, "Print the time of every pass");
}

void quantize_file(QuantizeOptions& options, const Calibrate& calibrate) {
  check_print_after(options.print_after);
  check_types(options.quant);
  options.quant.weight.per_channel = !options.per_tensor;
  // One zero point for all channels: runtimes take no others for ConvInteger.
  options.quant.weight.symmetric =
      options.quant.weight.dtype == DType::kInt8 || options.quant.weight.per_channel;
  QuantPlan plan;
  Model model = import_model(options.model);
  const auto in_model = [&] { return options.model; };
  with_context(in_model, [&] {
    expand_functions(model, [](auto, auto) { return true; });  // only the model's own
    raise_opset(model, kQuantizationOpset);
    infer_types(model);
    run_passes(model, prepare_pipeline(), pass_options(options));
  });
  const auto ranges = calibrate(model, options.quant);
  with_context(in_model, [&] {
    plan = make_plan(model, ranges, options.quant);
    report_plan(plan);
    apply_plan(model, plan);
    if (options.to_qoperator) run_passes(model, qoperator_pipeline(), pass_options(options));
  });
  save_model(model, options.output);
  if (!options.common.quiet) print_summary(options, plan);
}

}  // namespace qtool
