#include "quantize.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <iostream>

#include "base/atomic_file.h"
#include "base/file.h"
#include "ir/fingerprint.h"
#include "ir/text.h"
#include "measure/twins.h"
#include "onnx_io/onnx_io.h"
#include "output_checks.h"
#include "passes/pass.h"
#include "quant/plan_file.h"
#include "quant/quantized_operators.h"
#include "report/plan_report.h"
#include "report/quantize_report.h"

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

// Logs every node that stays float and every note; throws if no node is quantized.
void report_plan(const QuantPlan& plan) {
  int quantized = 0;
  std::map<std::string, int> reasons;
  for (const NodePlan& node : plan.nodes) {
    if (!node.note.empty()) spdlog::info("{} ({}): {}", node.node, node.op_type, node.note);
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
  const auto before = static_cast<double>(stored_bytes(options.model));
  const auto after = static_cast<double>(stored_bytes(options.output));
  std::string modes;
  for (const auto& [mode, count] : counts)
    modes += fmt::format("{}{} {}", modes.empty() ? "" : ", ", count, mode);
  fmt::print("{}: {:.1f} KB, {:.2f} times smaller; nodes: {}\n", options.output, after / 1024,
             before / after, modes);
}

QuantPlan read_plan(const std::string& path, const Model& model) {
  const std::string text = read_file(path);
  return with_context([&] { return path; },
                      [&] { return parse_plan(text, fingerprint(model.graph)); });
}

void refuse_quantized(const Model& model) {
  std::string found;
  for (const auto& [op, count] : quantized_operators(model.graph))
    found += fmt::format("{}{}x {}", found.empty() ? "" : ", ", count, op);
  if (!found.empty())
    fail("is quantized already: {}; --requantize quantizes what is still float in it", found);
}

QuantPlan plan_of(const QuantizeOptions& options, Model& model, const Calibrate& calibrate) {
  if (!options.plan.empty()) return read_plan(options.plan, model);
  if (!options.requantize)
    with_context([&] { return options.model; }, [&] { refuse_quantized(model); });
  const Ranges ranges = calibrate(model, options.quant);
  return with_context([&] { return options.model; },
                      [&] { return make_plan(model, ranges, options.quant); });
}

void print_plan(const Model& model, const QuantPlan& plan) {
  fmt::print("{}", plan_table(plan, predict_sizes(model.graph, plan)));
}

void write_report(const QuantizeOptions& options, const Graph& prepared, const QuantPlan& plan,
                  const Model& model, const CalibrationRecord* record) {
  const bool has_table = record != nullptr && record->table.samples.count() > 0;
  const ActivationScheme& activation = options.quant.activation;
  const std::string page =
      quantize_html({.model = std::filesystem::path(options.model).filename(),
                     .output = std::filesystem::path(options.output).filename(),
                     .size_before = std::filesystem::file_size(options.model),
                     .size_after = std::filesystem::file_size(options.output),
                     .graph = prepared,
                     .plan = plan,
                     .plan_text = plan_json(plan, fingerprint(prepared)),
                     .quantized = in_qdq_form(model).graph,
                     .table = has_table ? &record->table : nullptr,
                     .targets = has_table ? &record->targets : nullptr,
                     .grid = Grid::of(activation.dtype, activation.symmetric)});
  write_file(options.report, page);
}

void check_format(const QuantizeOptions& options) {
  const QuantOptions& quant = options.quant;
  if (options.to_qoperator && quant.mode == Mode::kStatic &&
      (std::max(bits(quant.activation.dtype), bits(quant.weight.dtype)) > 8 ||
       largest_number(quant.activation.dtype)))
    throw CLI::ValidationError(
        "--format", "there are no quantized operators on 16 bits and on float8; use qdq");
}

// The prepared model and its plan.
std::pair<Model, QuantPlan> prepare(QuantizeOptions& options, const Calibrate& calibrate) {
  check_print_after(options.print_after);
  if (!options.plan.empty()) options.scheme.exclude_with("--plan");
  options.scheme.fill(options.quant);
  check_format(options);
  Model model = prepared_model(options);
  QuantPlan plan = plan_of(options, model, calibrate);
  with_context([&] { return options.model; }, [&] { report_plan(plan); });
  if (!options.explain.empty()) fmt::print("{}", explain(model.graph, plan, options.explain));
  if (options.dry_run) print_plan(model, plan);
  return {std::move(model), std::move(plan)};
}

}  // namespace

Model prepared_model(const QuantizeOptions& options) {
  Model model = import_model(options.model);
  with_context([&] { return options.model; },
               [&] {
                 expand_functions(model, [](auto, auto) { return true; });  // only its own
                 raise_opset(model, kQuantizationOpset);
                 infer_types(model);
                 run_passes(model, prepare_pipeline(), pass_options(options));
               });
  return model;
}

Model prepared_again(QuantizeOptions options) {
  options.print_after.clear();
  options.time_passes = false;
  return prepared_model(options);
}

void add_plan_options(CLI::App& command, QuantizeOptions& options) {
  add_scheme_options(command, options.scheme, options.quant);
  command.add_option("--explain", options.explain,
                     "Print why this node has its mode, and its tensors' parameters");
  command.add_flag("--requantize", options.requantize,
                   "Take a model with quantized operators too, and quantize what is float in it");
  command.add_option("--print-after", options.print_after,
                     "Print the graph as text after this pass");
  command.add_flag("--time-passes", options.time_passes, "Print the time of every pass");
}

void add_quantize_options(CLI::App& command, QuantizeOptions& options) {
  command.add_option("model", options.model, "Float model (.onnx)")->required();
  command.add_option("output", options.output, "Quantized model to write (.onnx)")
      ->check(output_file())
      ->required();
  add_plan_options(command, options);
  command.add_option("--plan", options.plan,
                     "Apply this plan, of qtool plan, instead of making one");
  CLI::Option* report = command
                            .add_option("--report", options.report,
                                        "Write a page to read in a browser (.html): the graph by "
                                        "modes, ranges, weights, the plan")
                            ->check(output_file());
  command.add_flag("--dry-run", options.dry_run, "Print what would be done and write nothing")
      ->excludes(report);
  command
      .add_option_function<std::string>(
          "--format",
          [&options](const std::string& format) { options.to_qoperator = format == "qoperator"; },
          "qdq (default) or qoperator")
      ->check(CLI::IsMember({"qdq", "qoperator"}));
}

void plan_file(QuantizeOptions& options, const Calibrate& calibrate) {
  std::error_code none;
  if (std::filesystem::equivalent(options.model, options.output, none))
    fail("{}: is the model; the plan needs a file of its own", options.output);
  const auto [model, plan] = prepare(options, calibrate);
  write_file(options.output, plan_json(plan, fingerprint(model.graph)));
  if (!options.common.quiet) print_plan(model, plan);
}

void carry_out(Model& model, const QuantPlan& plan, bool to_qoperator, const PassOptions& options) {
  raise_opset(model, required_opset(plan));
  apply_plan(model, plan, to_qoperator);
  run_passes(model, to_qoperator ? qoperator_pipeline() : finish_pipeline(), options);
}

void quantize_file(QuantizeOptions& options, const Calibrate& calibrate,
                   const CalibrationRecord* record) {
  auto [model, plan] = prepare(options, calibrate);
  if (options.dry_run) return;
  const Graph prepared = options.report.empty() ? Graph() : model.graph;
  with_context([&] { return options.model; },
               [&, &model = model, &plan = plan] {
                 carry_out(model, plan, options.to_qoperator, pass_options(options));
               });
  save_model(model, options.output);
  if (!options.report.empty()) write_report(options, prepared, plan, model, record);
  if (!options.common.quiet) print_summary(options, plan);
}

}  // namespace qtool
