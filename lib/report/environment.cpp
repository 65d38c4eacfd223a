#include "report/environment.h"

#include <fmt/ranges.h>

#include "base/cpu.h"
#include "base/machine.h"
#include "base/parallel.h"

namespace qtool {

Json environment_section() {
  const Machine machine = this_machine();
  Json facts = Json::array();
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) facts.push_back(Json::array({name, text}));
  };
  add("qtool", QTOOL_VERSION);
  add("CPU", machine.cpu);
  add("Instruction sets", fmt::format("{}", fmt::join(machine.instruction_sets, ", ")));
  add("Cores for this process", std::to_string(usable_cores()));
  add("Threads", std::to_string(threads()));
  add("System", machine.system);
  return facts;
}

}  // namespace qtool
