#include "report/model_report.h"

#include <nlohmann/json.hpp>

#include "report/spread.h"
#include "report/table.h"

namespace qtool {
namespace {

using Json = nlohmann::ordered_json;

std::string domain_name(const std::string& domain) { return domain.empty() ? "ai.onnx" : domain; }

std::string ports(std::string_view title, const std::vector<ModelSummary::Port>& list) {
  std::string text = fmt::format("{}\n", title);
  for (const auto& port : list) text += fmt::format("  {}: {}\n", port.name, port.type);
  return text;
}

std::string operators_text(const ModelSummary& summary) {
  int64_t total = 0;
  Table table{{{"operator"}, {"nodes", true}}, {}};
  for (const auto& [op, count] : summary.operators) {
    table.rows.push_back({op, std::to_string(count)});
    total += count;
  }
  return fmt::format("operators: {} nodes\n", total) + to_text(table);
}

std::string parameters_text(const ModelSummary& summary) {
  Table table{{{"parameters"}, {"tensors", true}, {"elements", true}, {"KB", true}}, {}};
  for (const auto& [type, p] : summary.parameters)
    table.rows.push_back({type, std::to_string(p.tensors), std::to_string(p.elements),
                          fmt::format("{:.1f}", static_cast<double>(p.bytes) / 1024)});
  return to_text(table);
}

std::string quantized_text(const ModelSummary& summary) {
  if (summary.quantized.empty()) return "nothing is quantized\n";
  Table table{{{"quantized value"}, {"role"}, {"type"}, {"scale"}, {"zero point"}, {"axis", true}},
              {}};
  for (const auto& [value, role, params] : summary.quantized) {
    const bool dynamic = params.scale.empty();
    table.rows.push_back({value, role, std::string(name(params.dtype)),
                          dynamic ? "measured in each run" : spread(params.scale, "channels"),
                          spread(params.zero_point, "channels"),
                          params.per_tensor() ? "" : std::to_string(params.axis)});
  }
  return to_text(table);
}

Json ports_json(const std::vector<ModelSummary::Port>& list) {
  Json json = Json::array();
  for (const auto& port : list) json.push_back({{"name", port.name}, {"type", port.type}});
  return json;
}

}  // namespace

std::string model_text(const ModelSummary& summary) {
  std::string opsets;
  for (const Opset& opset : summary.opsets)
    opsets += fmt::format(", {} {}", domain_name(opset.domain), opset.version);
  return fmt::format("IR version {}{}\n", summary.ir_version, opsets) +
         ports("inputs", summary.inputs) + ports("outputs", summary.outputs) + "\n" +
         operators_text(summary) + "\n" + parameters_text(summary) + "\n" + quantized_text(summary);
}

std::string model_json(const ModelSummary& summary) {
  Json json = {{"ir_version", summary.ir_version}, {"opsets", Json::object()}};
  for (const Opset& opset : summary.opsets)
    json["opsets"][domain_name(opset.domain)] = opset.version;
  json["inputs"] = ports_json(summary.inputs);
  json["outputs"] = ports_json(summary.outputs);
  json["operators"] = summary.operators;
  json["parameters"] = Json::object();
  for (const auto& [type, p] : summary.parameters)
    json["parameters"][type] = {
        {"tensors", p.tensors}, {"elements", p.elements}, {"bytes", p.bytes}};
  json["quantized"] = Json::array();
  for (const auto& [value, role, params] : summary.quantized) {
    Json entry = {{"value", value}, {"role", role}, {"type", name(params.dtype)}};
    if (!params.scale.empty()) {
      entry["scale"] = params.scale;
      entry["zero_point"] = params.zero_point;
      if (!params.per_tensor()) entry["axis"] = params.axis;
    }
    json["quantized"].push_back(entry);
  }
  return json.dump(2);
}

}  // namespace qtool
