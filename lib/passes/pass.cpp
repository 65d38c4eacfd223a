#include "passes/pass.h"

#include <chrono>

#include "base/error.h"
#include "ir/bodies.h"
#include "ir/verify.h"

namespace qtool {
namespace {

bool run_everywhere(Model& model, const Pass& pass) {
  bool changed = pass.run(model);
  changed |= edit_bodies(model.graph, [&](Graph& body) {
    Model inner{model.ir_version, model.opsets, std::move(body), {}};
    const bool inner_changed = run_everywhere(inner, pass);
    body = std::move(inner.graph);
    model.opsets = std::move(inner.opsets);
    return inner_changed;
  });
  return changed;
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
