#include "kernels/onednn/post_ops.h"

namespace qtool::onednn {

dnnl::primitive_attr epilogue_attributes(const Epilogue& epilogue) {
  const auto& [alpha, clip, sum] = epilogue;
  dnnl::post_ops post_ops;
  if (alpha != 1) post_ops.append_eltwise(dnnl::algorithm::eltwise_linear, alpha, 0);
  if (sum != Desc()) post_ops.append_binary(dnnl::algorithm::binary_add, sum);
  if (clip == ClipRange{.low = 0})
    post_ops.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
  else if (clip.active())
    post_ops.append_eltwise(dnnl::algorithm::eltwise_clip_v2, clip.low, clip.high);
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(post_ops);
  return attributes;
}

}  // namespace qtool::onednn
