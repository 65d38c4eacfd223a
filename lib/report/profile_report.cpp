#include "report/profile_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/json.h"
#include "report/table.h"

namespace qtool {
namespace {

constexpr std::size_t kSlowest = 15;

double milliseconds(const Executor::Step& step) {
  return step.runs == 0 ? 0 : step.seconds / static_cast<double>(step.runs) * 1e3;
}

std::string share(double part, double whole) {
  return fmt::format("{:.1f} %", whole == 0 ? 0 : 100 * part / whole);
}

// What steps of counted work do in how long.
struct Speed {
  double operations = 0;
  double seconds = 0;
  double at_peak = 0;  // seconds

  void add(const Executor::Step& step, const Peak& peak) {
    if (step.work.operations == 0) return;
    operations += step.work.operations;
    seconds += milliseconds(step) / 1e3;
    at_peak += step.work.operations / (step.work.is_of_bytes ? peak.bytes : peak.floats);
  }
  // Two cells, empty where nothing is counted.
  std::vector<std::string> cells() const {
    if (seconds == 0) return {"", ""};
    return {fmt::format("{:.1f}", operations / seconds / 1e9), share(at_peak, seconds)};
  }
};

// Operators that one provider runs.
struct Group {
  std::string op_type;
  Provider provider;
  int64_t nodes = 0;
  double milliseconds = 0;
  Speed speed = {};
};

std::vector<Group> groups_of(const std::vector<Executor::Step>& steps, const Peak& peak) {
  std::map<std::pair<std::string, Provider>, Group> groups;
  for (const Executor::Step& step : steps) {
    Group& group = groups[{step.op_type, step.provider}];
    group.op_type = step.op_type;
    group.provider = step.provider;
    ++group.nodes;
    group.milliseconds += milliseconds(step);
    group.speed.add(step, peak);
  }
  std::vector<Group> sorted;
  for (const auto& entry : groups) sorted.push_back(entry.second);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Group& a, const Group& b) { return a.milliseconds > b.milliseconds; });
  return sorted;
}

}  // namespace

std::string profile_table(const std::vector<Executor::Step>& steps, const Peak& peak) {
  double whole = 0;
  for (const Executor::Step& step : steps) whole += milliseconds(step);
  const auto row = [](std::vector<std::string> cells, const Speed& speed) {
    for (std::string& cell : speed.cells()) cells.push_back(std::move(cell));
    return cells;
  };
  Table operators{{{"operator"},
                   {"provider"},
                   {"nodes", true},
                   {"ms a run", true},
                   {"share", true},
                   {"Gop/s", true},
                   {"of peak", true}},
                  {}};
  for (const Group& group : groups_of(steps, peak))
    operators.rows.push_back(
        row({group.op_type, std::string(name(group.provider)), std::to_string(group.nodes),
             fmt::format("{:.3f}", group.milliseconds), share(group.milliseconds, whole)},
            group.speed));
  std::vector<Executor::Step> slowest = steps;
  std::stable_sort(slowest.begin(), slowest.end(),
                   [](const Executor::Step& a, const Executor::Step& b) {
                     return milliseconds(a) > milliseconds(b);
                   });
  slowest.resize(std::min(slowest.size(), kSlowest));
  Table nodes{{{"node"},
               {"operator"},
               {"ms a run", true},
               {"share", true},
               {"Gop/s", true},
               {"of peak", true}},
              {}};
  for (const Executor::Step& step : slowest) {
    Speed speed;
    speed.add(step, peak);
    nodes.rows.push_back(row({step.node, step.op_type, fmt::format("{:.3f}", milliseconds(step)),
                              share(milliseconds(step), whole)},
                             speed));
  }
  return to_text(operators) + "\n" + to_text(nodes) +
         fmt::format("peak: {:.1f} Gop/s in float32, {:.1f} Gop/s in int8\n", peak.floats / 1e9,
                     peak.bytes / 1e9);
}

std::string chrome_trace(const std::vector<ProfiledModel>& models) {
  Json events = Json::array();
  for (std::size_t m = 0; m < models.size(); ++m) {
    events.push_back({{"ph", "M"},
                      {"name", "thread_name"},
                      {"pid", 0},
                      {"tid", m},
                      {"args", {{"name", models[m].path}}}});
    for (const Executor::Step& step : models[m].steps)
      events.push_back({{"ph", "X"},
                        {"name", step.node},
                        {"cat", step.op_type},
                        {"ts", step.latest_start * 1e6},
                        {"dur", step.latest_seconds * 1e6},
                        {"pid", 0},
                        {"tid", m},
                        {"args", {{"operator", step.op_type}, {"provider", name(step.provider)}}}});
  }
  return json_text({{"traceEvents", std::move(events)}}, 2);
}

}  // namespace qtool
