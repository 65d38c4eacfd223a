#pragma once

#include <hwy/detect_targets.h>
#include <hwy/targets.h>

#include <catch2/catch_test_macros.hpp>

namespace qtool::testing {

/// Runs `check` once for every instruction set that the kernels are compiled for and this CPU has.
template <class Check>
void for_each_target(Check check) {
  const int64_t all = hwy::SupportedTargets() & HWY_TARGETS;
  int count = 0;
  for (int64_t left = all | HWY_SCALAR; left != 0; left &= left - 1, ++count) {
    const int64_t target = left & -left;
    INFO(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
    check();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  CHECK(count >= 1);
}

}  // namespace qtool::testing
