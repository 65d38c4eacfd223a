#include "advise/trial_file.h"

#include <cmath>
#include <limits>

#include "base/json.h"

namespace qtool {
namespace {

// JSON has no infinity and no NaN.
Json number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return static_cast<float>(value);
}

double number(const JsonView& view) {
  if (view.json().is_number()) return view.number();
  const std::string text = view.text();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text != "inf" && text != "-inf") view.fail_expected("a number");
  const double infinity = std::numeric_limits<double>::infinity();
  return text == "inf" ? infinity : -infinity;
}

Json estimate(const Estimate& e) { return {number(e.median), number(e.low), number(e.high)}; }

std::vector<double> numbers(const JsonView& view, std::size_t count) {
  std::vector<double> values;
  for (const JsonView& element : view.elements()) values.push_back(number(element));
  if (values.size() != count) view.fail_expected(fmt::format("{} numbers", count));
  return values;
}

Estimate estimate(const JsonView& view) {
  const std::vector<double> e = numbers(view, 3);
  return {e[0], e[1], e[2]};
}

Json score(const Score& score) {
  return {{"name", score.name},
          {"title", score.title},
          {"value", number(score.value)},
          {"is_share", score.is_share},
          {"higher_is_better", score.higher_is_better}};
}

Score score(const JsonView& view) {
  return {view.at("name").text(), view.at("title").text(), number(view.at("value")),
          view.at("is_share").flag(), view.at("higher_is_better").flag()};
}

}  // namespace

std::string figures_json(const BenchResult& figures) {
  const Latency& latency = figures.latency;
  Json json = {
      {"model", figures.path},
      {"backend", figures.backend},
      {"size_bytes", static_cast<int64_t>(figures.size_bytes)},
      {"latency_ms", estimate(latency.median)},
      {"latency_tails_ms", {number(latency.p90), number(latency.p99), number(latency.min)}},
      {"rounds", latency.rounds},
      {"scores", Json::array()},
      {"outputs", Json::object()}};
  if (figures.latency_ratio) json["latency_ratio"] = estimate(*figures.latency_ratio);
  if (figures.agreement) json["agreement"] = number(*figures.agreement);
  for (const Score& each : figures.scores) json["scores"].push_back(score(each));
  for (const auto& [name, error] : figures.outputs)
    json["outputs"][name] = {number(error.sqnr_db), number(error.cosine), number(error.mse),
                             number(error.max_abs_error)};
  return json_text(json, 1);
}

BenchResult parse_figures(std::string_view text) {
  const Json json = parse_json(text);
  const JsonView view(json);
  BenchResult figures;
  figures.path = view.at("model").text();
  figures.backend = view.at("backend").text();
  figures.size_bytes = static_cast<std::uintmax_t>(
      view.at("size_bytes").integer(0, std::numeric_limits<int64_t>::max()));
  const std::vector<double> tails = numbers(view.at("latency_tails_ms"), 3);
  figures.latency = {estimate(view.at("latency_ms")), tails[0], tails[1], tails[2],
                     static_cast<int>(view.at("rounds").integer(0, 1'000'000))};
  if (const auto ratio = view.find("latency_ratio")) figures.latency_ratio = estimate(*ratio);
  if (const auto agreement = view.find("agreement")) figures.agreement = number(*agreement);
  for (const JsonView& each : view.at("scores").elements()) figures.scores.push_back(score(each));
  for (const auto& [name, error] : view.at("outputs").fields()) {
    const std::vector<double> values = numbers(error, 4);
    figures.outputs[name] = {values[0], values[1], values[2], values[3]};
  }
  return figures;
}

}  // namespace qtool
