#include "scheme_options.h"

#include <fmt/ranges.h>

#include <array>

#include "base/error.h"
#include "command.h"
#include "quant/select/overrides.h"
#include "quant/type_names.h"

namespace qtool {
namespace {

// What hardware wants.
struct Target {
  std::string_view name;
  ActivationScheme activation;
  WeightScheme weight;
  bool everything = false;
  bool float_bias = false, float_clip = false;
  bool zero_in_the_middle = false;  // of weights that are only stored, too
  bool dynamic = true;
};
constexpr DType kU8 = DType::kUInt8;
constexpr DType kS8 = DType::kInt8;
const std::array<Target, 6> kTargets = {{
    {.name = "x86-vnni", .activation = {kU8, false}, .weight = {.dtype = kS8}},
    {.name = "x86-avx2", .activation = {kU8, false}, .weight = {.dtype = kS8, .fit_pairs = true}},
    {.name = "arm", .activation = {kU8, false}, .weight = {.dtype = kS8}},
    {.name = "qnn", .activation = {kU8, false}, .weight = {.dtype = kS8}, .everything = true},
    {.name = "web", .activation = {kU8, false}, .weight = {.dtype = kS8, .per_channel = false}},
    // It takes no int32 behind DequantizeLinear, no zero point but 0, and Conv → Relu as one.
    {.name = "tensorrt",
     .activation = {kS8, true},
     .weight = {.dtype = kS8},
     .float_bias = true,
     .float_clip = true,
     .zero_in_the_middle = true,
     .dynamic = false},
}};

std::vector<std::string> target_names() {
  std::vector<std::string> names;
  for (const Target& target : kTargets) names.emplace_back(target.name);
  return names;
}

void apply_target(const std::string& name, QuantOptions& quant) {
  for (const Target& target : kTargets)
    if (target.name == name) {
      quant.activation = target.activation;
      const WeightMethod method = quant.weight.method;  // of --quality
      quant.weight = target.weight;
      quant.weight.method = method;
      quant.everything = target.everything;
      quant.float_bias = target.float_bias;
      quant.float_clip = target.float_clip;
      quant.dynamic_is_run = target.dynamic;
      if (target.zero_in_the_middle)
        quant.rules.push_back({.nodes = {"*"}, .symmetric = true, .origin = "--target"});
    }
}

// As many as name one of these, short or in full.
CLI::Validator names_of_types(const std::vector<std::string>& allowed) {
  return {[allowed](const std::string& text) {
            const auto type = find_quant_type(text);
            for (const std::string& each : allowed)
              if (type && find_quant_type(each) == type) return std::string();
            return fmt::format("'{}' is none of {}", text, fmt::join(allowed, ", "));
          },
          fmt::format("{{{}}}", fmt::join(allowed, ","))};
}

void add_type_option(CLI::App& command, const std::string& flag, DType& type,
                     const std::vector<std::string>& allowed, const std::string& description) {
  command
      .add_option_function<std::string>(
          flag, [&type](const std::string& text) { type = *find_quant_type(text); }, description)
      ->check(names_of_types(allowed));
}

// "pattern=mode" as a rule.
NodeRule mode_rule(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  const auto mode = find_mode(equals == text.npos ? "" : text.substr(equals + 1));
  if (!mode || equals == 0)
    throw CLI::ValidationError(
        "--mode", fmt::format("'{}': expected <nodes>=<mode>, a mode of {}", text, mode_names()));
  return {.nodes = {text.substr(0, equals)}, .mode = mode, .origin = "--mode"};
}

std::vector<std::string> with_prefix(std::string_view prefix, std::vector<std::string> texts) {
  for (std::string& text : texts) text.insert(0, prefix);
  return texts;
}

void check_types(const QuantOptions& quant) {
  if (quant.weight.reduce_range && largest_number(quant.weight.dtype))
    throw CLI::ValidationError("--reduce-range", "there is no such float8 type");
  if (largest_number(quant.activation.dtype) && !largest_number(quant.weight.dtype))
    throw CLI::ValidationError("--activation-type",
                               "float8 goes with float8 weights: give --weight-type e4m3fn too");
  if (quant.activation.dtype == kS8 && quant.weight.dtype == kU8)
    throw CLI::ValidationError("--weight-type",
                               "u8 does not go with --activation-type s8: runtimes "
                               "have no such kernels; use s8 for both");
}

constexpr const char* kNodes =
    "Which nodes (a glob over names, op:<glob>, re:<expression>, between:<value>,<value>, first, "
    "last)";

void add_type_options(CLI::App& command, SchemeOptions& options, QuantOptions& quant) {
  command
      .add_option_function<std::string>(
          "--target",
          [&quant, &options](const std::string& name) {
            if (options.has_target) throw CLI::ArgumentMismatch::AtMost("--target", 1, 2);
            options.has_target = true;
            apply_target(name, quant);
          },
          "The scheme that the hardware wants: x86-vnni, x86-avx2, arm, qnn, web or tensorrt")
      ->trigger_on_parse()
      ->check(CLI::IsMember(target_names()));
  command
      .add_option_function<std::string>(
          "--quality",
          [&quant](const std::string& quality) {
            if (quality == "best") quant.weight.method = WeightMethod::kMse;
          },
          "normal (default) or best: ranges of weights with the least squared error, which takes "
          "longer")
      ->trigger_on_parse()
      ->check(CLI::IsMember({"normal", "best"}));
  CLI::Option* per_channel = command.add_flag("--per-channel", options.per_channel,
                                              "One weight scale for each output channel (default)");
  command
      .add_flag("--per-tensor", options.per_tensor,
                "One for the whole tensor, where integer kernels read it")
      ->excludes(per_channel);
  add_type_option(command, "--weight-type", quant.weight.dtype,
                  {"s8", "u8", "s4", "u4", "s16", "e4m3fn", "e5m2"}, "s8 (default), u8, s4…");
  if (quant.mode == Mode::kStatic) {
    add_type_option(command, "--activation-type", quant.activation.dtype,
                    {"u8", "s8", "u16", "s16", "e4m3fn", "e5m2"},
                    "u8 (default), s8, u16, s16, or float8: e4m3fn or e5m2; s8 is slower on x86");
    command.add_flag("--symmetric", options.symmetric_activations,
                     "Activations with the zero point in the middle");
  }
  command.add_flag("--reduce-range", quant.weight.reduce_range,
                   "Weights of 7 bits, whose sums in pairs do not saturate on x86 without VNNI");
  command
      .add_option("--block-size", quant.weight.block,
                  "Elements along the summed axis of a matrix that share a scale; weights only")
      ->check(positive_number());
  command
      .add_option_function<std::string>(
          "--weight-method",
          [&quant](const std::string& name) { quant.weight.method = *find_weight_method(name); },
          "minmax (default), mse, percentile or hqq: how the range of a weight is chosen")
      ->check(CLI::IsMember({"minmax", "mse", "percentile", "hqq"}));
  command.add_flag("--dynamic-conv", quant.dynamic_conv,
                   "Dynamic convolutions on integers too; without it only their weights are "
                   "quantized, which runs faster in most runtimes");
}

void add_node_options(CLI::App& command, SchemeOptions& options) {
  command.add_option("--op-types", options.op_types, "Quantize nodes of these operators only")
      ->delimiter(',');
  command.add_option("--include", options.include, "Quantize these nodes only");
  command.add_option("--exclude", options.exclude, "Leave these nodes as they are");
  command.add_option("--keep-float", options.keep_float, "The same: first,last")->delimiter(',');
  command.add_option(
      "--mode", options.modes,
      "<nodes>=<mode>: float, static, dynamic, weight_only or float16 for these nodes");
  command.add_option("--overrides", options.overrides,
                     "Rules for nodes and tensors (JSON or YAML)");
}

}  // namespace

void SchemeOptions::fill(QuantOptions& quant) const {
  if (per_channel || per_tensor) quant.weight.per_channel = per_channel;
  if (symmetric_activations) quant.activation.symmetric = true;
  check_types(quant);
  if (largest_number(quant.activation.dtype)) {
    // Zero point 0, which expresses no Relu, and no kernels that would add integers.
    quant.activation.symmetric = quant.float_bias = quant.float_clip = true;
  }
  quant.weight.symmetric = symmetric_by_default(quant.weight.dtype);
  const auto keep_float_but = [&](std::vector<std::string> nodes, const char* origin) {
    if (!nodes.empty())
      quant.rules.push_back(
          {.nodes = std::move(nodes), .others = true, .mode = Mode::kFloat, .origin = origin});
  };
  keep_float_but(with_prefix("op:", op_types), "--op-types");
  keep_float_but(include, "--include");
  if (!exclude.empty())
    quant.rules.push_back({.nodes = exclude, .mode = Mode::kFloat, .origin = "--exclude"});
  if (!keep_float.empty())
    quant.rules.push_back({.nodes = keep_float, .mode = Mode::kFloat, .origin = "--keep-float"});
  for (const std::string& text : modes) quant.rules.push_back(mode_rule(text));
  if (overrides.empty()) return;
  Overrides read = read_overrides(overrides);
  quant.rules.insert(quant.rules.end(), read.rules.begin(), read.rules.end());
  quant.tensor_rules = std::move(read.tensor_rules);
}

void SchemeOptions::exclude_with(const std::string& other) const {
  for (const CLI::Option* option : given_by)
    if (option->count() > 0) throw CLI::ExcludesError(other, option->get_name());
}

void add_scheme_options(CLI::App& command, SchemeOptions& options, QuantOptions& quant) {
  const std::size_t before = command.get_options().size();
  add_type_options(command, options, quant);
  const std::size_t between = command.get_options().size();
  add_node_options(command, options);
  const std::vector<CLI::Option*> all = command.get_options();
  for (std::size_t i = before; i < all.size(); ++i) {
    all[i]->group(i < between ? "Types" : kNodes);
    options.given_by.push_back(all[i]);
  }
}

}  // namespace qtool
