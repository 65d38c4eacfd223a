#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "report/table.h"
#include "report/weight_facts.h"
#include "tensor/widen.h"

namespace qtool {
namespace {

constexpr int64_t kFirst = 8;  // elements that the text shows

bool has_integers(const WeightFacts& facts) {
  return facts.params && !largest_number(facts.params->dtype);
}

std::string first_elements(const WeightFacts& facts) {
  const auto count = static_cast<std::size_t>(std::min(kFirst, facts.real.size()));
  const auto* real = facts.real.data<float>();
  std::string text;
  if (has_integers(facts)) {
    std::vector<int64_t> integers = to_int64s(widen(facts.stored));
    integers.resize(count);
    text = fmt::format("first integers: {}\n", fmt::join(integers, " "));
  }
  return text + fmt::format("first numbers: {:.6g}\n", fmt::join(real, real + count, " "));
}

std::vector<std::string> cells(std::size_t index, const WeightFacts& facts) {
  const WeightFacts::Slice& s = facts.slices[index];
  std::vector<std::string> row = {std::to_string(index)};
  if (facts.params) {
    row.push_back(fmt::format("{:.6g}", s.scale));
    row.push_back(std::to_string(s.zero_point));
  }
  if (has_integers(facts)) {
    row.push_back(std::to_string(s.low));
    row.push_back(std::to_string(s.high));
    row.push_back(fmt::format("{:.2f} %", 100 * s.at_ends));
  }
  for (const double value : {s.min, s.max, s.mean, s.deviation})
    row.push_back(fmt::format("{:.5g}", value));
  return row;
}

}  // namespace

std::string weight_text(const WeightFacts& facts) {
  Table table{{{facts.slices.size() == 1 ? "all" : "index", true}}, {}};
  const auto add = [&](std::initializer_list<const char*> titles) {
    for (const char* title : titles) table.columns.push_back({title, true});
  };
  if (facts.params) add({"scale", "zero point"});
  if (has_integers(facts)) add({"lowest", "highest", "at the ends"});
  add({"min", "max", "mean", "deviation"});
  for (std::size_t i = 0; i < facts.slices.size(); ++i) table.rows.push_back(cells(i, facts));
  const std::string axis =
      facts.params && !facts.params->per_tensor()
          ? fmt::format(", a scale for each index of axis {}", facts.params->axis)
          : "";
  return fmt::format("{}: {}{}{}\n", facts.name, name(facts.stored.dtype()),
                     to_string(facts.stored.shape()), axis) +
         first_elements(facts) + to_text(table);
}

std::string weight_json(const WeightFacts& facts) {
  using Figures = nlohmann::ordered_json;
  Figures json = {{"name", facts.name},
                  {"type", name(facts.stored.dtype())},
                  {"shape", facts.stored.shape()},
                  {"numbers", facts.real.to_vector<float>()}};
  if (facts.params) {
    json["scale"] = facts.params->scale;
    json["zero_point"] = facts.params->zero_point;
    if (!facts.params->per_tensor()) json["axis"] = facts.params->axis;
  }
  if (has_integers(facts)) json["integers"] = to_int64s(widen(facts.stored));
  return json.dump() + "\n";
}

}  // namespace qtool
