#include "trial_runner.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "advise/trial_file.h"
#include "base/atomic_file.h"
#include "base/file.h"
#include "base/temporary_folder.h"
#include "calib/methods/choose_ranges.h"
#include "calib/ranges/foreign_ranges.h"
#include "calib/statistics/table_file.h"
#include "ir/fingerprint.h"
#include "measure/compare_layers.h"
#include "onnx_io/onnx_io.h"
#include "progress.h"
#include "quant/plan_file.h"
#include "quantize.h"

namespace qtool {
namespace {

bool quantizes_something(const QuantPlan& plan) {
  return std::any_of(plan.nodes.begin(), plan.nodes.end(),
                     [](const NodePlan& node) { return node.mode != Mode::kFloat; });
}

std::string slug(const std::string& name) {
  std::string text;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      text += c;
    else if (!text.empty() && text.back() != '-')
      text += '-';
  }
  return text.substr(0, 60);
}

std::size_t bytes(const TensorMap& tensors) {
  std::size_t sum = 0;
  for (const auto& [name, tensor] : tensors) sum += tensor.bytes();
  return sum;
}

}  // namespace

RunModel RememberingModel::pass() {
  constexpr std::size_t kMostBytes = std::size_t{256} << 20;
  auto place = std::make_shared<std::size_t>(0);
  if (outputs_ && !outputs_->empty())
    return [outputs = outputs_, place](const TensorMap&) { return outputs->at((*place)++); };
  outputs_ = std::make_shared<std::vector<TensorMap>>();
  return [run = run_, outputs = outputs_, held = place](const TensorMap& feed) {
    TensorMap result = run(feed);
    *held += bytes(result);
    if (*held <= kMostBytes)
      outputs->push_back(result);
    else
      outputs->clear();
    return result;
  };
}

TrialRunner::TrialRunner(TrialSetting setting)
    : setting_(std::move(setting)),
      fingerprint_(fingerprint(setting_.model.graph)),
      float_model_(setting_.backend.load(setting_.float_path)) {
  float_figures_ = figures("float", stem("float", ""), [this] {
    return measure("float", {{setting_.float_path, float_model_.pass()}})[0];
  });
}

Model TrialRunner::quantized(const Trial& trial) const {
  Model model = setting_.model;
  carry_out(model, trial.plan, trial.candidate.qoperator);
  return model;
}

void TrialRunner::save(const Trial& trial, const std::filesystem::path& path) const {
  save_model(quantized(trial), path);
}

std::filesystem::path TrialRunner::stem(const std::string& name, const std::string& plan) const {
  const std::string digits = fingerprint(setting_.basis + "\n" + plan).substr(0, 8);
  return setting_.folder / fmt::format("{}.{}", slug(name), digits);
}

// The first of the models is the float one: it runs for its latency, and its outputs may be remembered.
std::vector<BenchResult> TrialRunner::measure(const std::string& name,
                                              const std::vector<Contestant>& models) {
  std::vector<BenchResult> results(models.size());
  for (std::size_t i = 0; i < models.size(); ++i) {
    results[i].path = models[i].path;
    results[i].backend = setting_.backend.name;
    results[i].size_bytes = stored_bytes(models[i].path);
  }
  const std::string title = fmt::format("trial {}, {}: ", measured_ + found_, name);
  {
    ProgressLine progress(title + "comparing outputs", setting_.quiet);
    judge_outputs(setting_.judge, {}, models, setting_.data, setting_.data_options, results,
                  progress.callback());
  }
  std::vector<Contestant> timed = models;
  timed[0].run = float_model_.run();
  ProgressLine progress(title + "timing", setting_.quiet);
  measure_latency(timed, setting_.data, {setting_.rounds}, results, progress.callback());
  return results;
}

// From the file, or measured and written to it.
BenchResult TrialRunner::figures(const std::string& name, const std::filesystem::path& file,
                                 const std::function<BenchResult()>& measure) {
  const std::string path = file.string() + ".figures.json";
  if (std::filesystem::exists(path)) {
    ++found_;
    return with_context([&] { return path; }, [&] { return parse_figures(read_file(path)); });
  }
  BenchResult result = measure();
  ++measured_;
  result.path = name;
  std::filesystem::create_directories(setting_.folder);
  write_file(path, figures_json(result));
  return result;
}

BenchResult TrialRunner::measure_trial(const Trial& trial,
                                       const std::filesystem::path& model_path) {
  save(trial, model_path);
  const std::vector<BenchResult> results = measure(
      trial.candidate.name, {{setting_.float_path, float_model_.pass()},
                             {model_path.string(), setting_.backend.load(model_path.string())}});
  if (!setting_.keep_models) std::filesystem::remove(model_path);
  return results[1];
}

// From the file, or gathered and written to it.
CalibrationTable TrialRunner::statistics(const std::vector<std::string>& values) const {
  const std::string of = setting_.basis + identity(setting_.calibration_options) +
                         fmt::format("{}", fmt::join(values, "\n"));
  const std::filesystem::path path =
      setting_.folder / fmt::format("calibration.{}.json", fingerprint(of).substr(0, 8));
  if (std::filesystem::exists(path))
    return with_context([&] { return path.string(); },
                        [&] { return parse_table(read_file(path), fingerprint_); });
  CalibrationTable table;
  {
    ProgressLine progress("calibrating", setting_.quiet);
    calibrate(setting_.model, setting_.calibration, {.values = values}, {.statistics = true}, table,
              progress.callback());
  }
  write_file(path, table_json(table, fingerprint_));
  return table;
}

// Some candidates need ranges of more values than others.
Ranges TrialRunner::ranges(const Candidate& candidate) {
  std::vector<std::string> values = values_to_calibrate(setting_.model, candidate.quant).values;
  std::erase_if(values, [&](const std::string& value) {
    return std::any_of(tables_.begin(), tables_.end(), [&](const CalibrationTable& table) {
      return table.statistics.contains(value) || table.values.contains(value);
    });
  });
  if (!values.empty()) tables_.push_back(statistics(values));
  const RangeChoices choices = range_choices(setting_.model, candidate.choice, candidate.quant);
  Ranges ranges;
  for (const CalibrationTable& table : tables_)
    replace_ranges(ranges, choose_ranges(table, choices));
  return ranges;
}

QuantPlan TrialRunner::plan(const Candidate& candidate) {
  QuantPlan plan = make_plan(setting_.model, ranges(candidate), candidate.quant);
  if (!quantizes_something(plan)) fail("there is nothing to quantize");
  return plan;
}

Trial TrialRunner::run(const Candidate& candidate, QuantPlan quant_plan) {
  Trial trial{candidate, std::move(quant_plan)};
  const std::string plan = plan_json(trial.plan, fingerprint_);
  const std::filesystem::path file =
      stem(candidate.name, plan + (candidate.qoperator ? "qoperator" : "qdq"));
  write_file(file.string() + ".plan.json", plan);
  trial.figures =
      figures(candidate.name, file, [&] { return measure_trial(trial, file.string() + ".onnx"); });
  trial.size_ratio = static_cast<double>(trial.figures.size_bytes) /
                     static_cast<double>(float_figures_.size_bytes);
  judge(trial);
  return trial;
}

void TrialRunner::judge(Trial& trial) const {
  trial.gates = judge_gates(setting_.bounds, {float_figures_, trial.figures});
}

void TrialRunner::time_again(const std::vector<Trial*>& trials) {
  const TemporaryFolder folder;
  std::vector<Contestant> models = {{setting_.float_path, float_model_.run()}};
  for (const Trial* trial : trials) {
    const std::string path = (folder.path() / fmt::format("{}.onnx", models.size())).string();
    save(*trial, path);
    models.push_back({path, setting_.backend.load(path)});
  }
  std::vector<BenchResult> results(models.size());
  {
    ProgressLine progress("timing what may be best", setting_.quiet);
    measure_latency(models, setting_.data, {setting_.rounds}, results, progress.callback());
  }
  float_figures_.latency = results[0].latency;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    trials[i]->figures.latency = results[i + 1].latency;
    trials[i]->figures.latency_ratio = results[i + 1].latency_ratio;
    judge(*trials[i]);
  }
}

Candidate TrialRunner::widened(Candidate candidate, const std::vector<std::string>& nodes,
                               const std::string& change) const {
  const Graph& graph = setting_.model.graph;
  const bool is_signed = candidate.quant.activation.dtype == DType::kInt8;
  const auto widen = [&](const std::vector<ValueId>& values) {
    for (const ValueId id : values)
      if (id != ValueId::kNone && !graph.value(id).constant)
        candidate.quant.tensor_rules.push_back({.values = graph.value(id).name,
                                                .dtype = is_signed ? DType::kInt16 : DType::kUInt16,
                                                .origin = kAdvised});
  };
  for (const NodeId id : graph.nodes()) {
    const Node& node = graph.node(id);
    if (std::find(nodes.begin(), nodes.end(), node.name) == nodes.end()) continue;
    widen(node.inputs);
    widen(node.outputs);
  }
  candidate.name += "; " + change;
  candidate.qoperator = false;
  return candidate;
}

std::vector<std::string> TrialRunner::sensitivity(const Trial& trial) const {
  std::set<std::string> quantized_nodes;
  for (const NodePlan& node : trial.plan.nodes)
    if (node.mode != Mode::kFloat) quantized_nodes.insert(node.node);
  Model other = quantized(trial);
  infer_types(other);
  ProgressLine progress("finding sensitive nodes", setting_.quiet);
  std::vector<std::string> order;
  for (const LayerError& layer :
       compare_layers(setting_.model, other, setting_.calibration, progress.callback()))
    if (quantized_nodes.erase(layer.node) > 0) order.push_back(layer.node);
  order.insert(order.end(), quantized_nodes.begin(), quantized_nodes.end());
  return order;
}

}  // namespace qtool
