#pragma once

#include "kernels/clip.h"
#include "kernels/onednn/engine.h"

namespace qtool::onednn {

/// Attributes of a primitive whose result r becomes clip(alpha · r).
dnnl::primitive_attr epilogue_attributes(float alpha, const ClipRange& clip);

}  // namespace qtool::onednn
