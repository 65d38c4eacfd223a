#include "report/baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace qtool {
namespace {

// A figure of a model in the JSON, and how people read it.
struct Figure {
  std::string_view title;
  std::array<const char*, 2> keys;  // the second is null if there is one step only
  double scale;
  int digits;
};

constexpr std::array kFigures = {
    Figure{"size KB", {"size_bytes", nullptr}, 1.0 / 1024, 1},
    Figure{"median ms", {"latency_ms", "median"}, 1, 3},
    Figure{"p90 ms", {"latency_ms", "p90"}, 1, 3},
    Figure{"latency / first", {"latency_ratio", nullptr}, 1, 3},
    Figure{"cold ms", {"cold_start_ms", nullptr}, 1, 1},
    Figure{"peak MB", {"peak_memory_bytes", nullptr}, 1.0 / 1048576, 1},
};

std::optional<double> number_at(const JsonView& model, const Figure& figure) {
  std::optional<JsonView> place = model.find(figure.keys[0]);
  if (place && figure.keys[1] != nullptr) place = place->find(figure.keys[1]);
  if (!place || !place->json().is_number()) return std::nullopt;
  return place->json().get<double>() * figure.scale;
}

// Files of older versions have none.
std::string backend(const JsonView& model) {
  const std::optional<JsonView> name = model.find("backend");
  return name ? name->text() : "builtin";
}

std::vector<std::string> row(const std::string& path, std::string_view title, double then,
                             double now, int digits) {
  const double change = then == 0 ? 0 : 100 * (now - then) / then;
  return {path, std::string(title), fmt::format("{:.{}f}", then, digits),
          fmt::format("{:.{}f}", now, digits), fmt::format("{:+.1f} %", change)};
}

// Scores are compared by their difference: a share in percentage points.
void add_scores(const JsonView& then, const JsonView& now, const std::string& path, Table& table) {
  const auto before = then.find("scores");
  const auto after = now.find("scores");
  if (!before || !after) return;
  for (const auto& [name, value] : after->fields()) {
    const auto old = before->find(name);
    if (!old || !old->json().is_number() || !value.json().is_number()) continue;
    const double a = old->json().get<double>(), b = value.json().get<double>();
    table.rows.push_back({path, name, fmt::format("{:.4f}", a), fmt::format("{:.4f}", b),
                          fmt::format("{:+.4f}", b - a)});
  }
}

}  // namespace

Table baseline_table(const Json& baseline, const BenchRun& run) {
  const Json present = parse_json(bench_json(run));
  Table table{{{"model"}, {"figure"}, {"then", true}, {"now", true}, {"change", true}}, {}};
  for (const JsonView& now : JsonView(present).at("models").elements())
    for (const JsonView& then : JsonView(baseline).at("models").elements()) {
      const std::string path = now.at("path").text();
      if (then.at("path").text() != path || backend(then) != backend(now)) continue;
      for (const Figure& figure : kFigures) {
        const auto a = number_at(then, figure), b = number_at(now, figure);
        if (a && b) table.rows.push_back(row(path, figure.title, *a, *b, figure.digits));
      }
      add_scores(then, now, path, table);
    }
  if (table.rows.empty()) fail("has none of the models that were measured");
  return table;
}

}  // namespace qtool
