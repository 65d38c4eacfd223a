#pragma once

#include "ops/op.h"

namespace qtool {

/// The record with a kernel of vectors that is tried first.
inline OpSpec with_simd(BindFn bind, OpSpec spec) {
  spec.bindings.insert(spec.bindings.begin(), {Provider::kSimd, bind});
  return spec;
}

}  // namespace qtool
