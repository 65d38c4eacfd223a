#include "passes/pass.h"

#include <chrono>

#include "base/error.h"
#include "ir/bodies.h"
#include "ir/verify.h"

namespace qtool {
namespace {

bool run_everywhere(Model& model, const Pass& pass) {
  const bool changed = pass.run(model);
  return edit_bodies(model, [&](Model& body) { return run_everywhere(body, pass); }) || changed;
}

PassReport run_pass(Model& model, const Pass& pass, bool bodies) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  const bool changed = bodies ? run_everywhere(model, pass) : pass.run(model);
  const std::chrono::duration<double> elapsed = Clock::now() - start;
  if (changed) verify(model);
  return {pass.name, changed, elapsed.count()};
}

}  // namespace

void run_passes(Model& model, std::span<const Pass> passes, const PassOptions& options) {
  for (const Pass& pass : passes) {
    const PassReport report = with_context([&] { return fmt::format("pass {}", pass.name); },
                                           [&] { return run_pass(model, pass, options.bodies); });
    if (options.after) options.after(report, model);
  }
}

}  // namespace qtool
