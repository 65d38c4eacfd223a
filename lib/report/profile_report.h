#pragma once

#include <string>
#include <vector>

#include "measure/measure.h"

namespace qtool {

/// Where a profiled model spends its time: by operator and provider, then the slowest nodes; and what
/// share of the machine's peak it reaches there.
std::string profile_table(const std::vector<Executor::Step>& steps, const Peak& peak);

/// The latest runs of some models as events of Chrome's trace format (chrome://tracing, Perfetto), a
/// thread for each model. Throws Error for names that are not UTF-8.
struct ProfiledModel {
  std::string path;
  std::vector<Executor::Step> steps;
};
std::string chrome_trace(const std::vector<ProfiledModel>& models);

}  // namespace qtool
