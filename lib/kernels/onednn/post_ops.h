#pragma once

#include "kernels/clip.h"
#include "kernels/onednn/engine.h"

namespace qtool::onednn {

/// What becomes of a primitive's result r: clip(alpha · r + sum).
struct Epilogue {
  float alpha = 1;
  ClipRange clip;
  Desc sum;  // of the tensor that is added; empty: none
};

/// The argument that holds `sum`, if alpha is 1.
inline constexpr int kSumArgument = DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1;

dnnl::primitive_attr epilogue_attributes(const Epilogue& epilogue);

}  // namespace qtool::onednn
