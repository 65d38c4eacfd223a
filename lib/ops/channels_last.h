#pragma once

#include "kernels/window.h"
#include "ops/op.h"

// Nodes whose attribute "channels_last" is 1 take and give images [N, spatial..., C] where ONNX has
// [N, C, spatial...]. The runtime makes them, and com.microsoft has them for some operators.
namespace qtool {

/// How the node's images lie.
Layout read_layout(const BindContext& context);

/// The shape [N, C, spatial...] of an image in that layout. Shapes of rank 2 and less stay.
Shape to_channels_first(Shape shape, Layout layout);
/// The shape in that layout of an image [N, C, spatial...].
Shape from_channels_first(Shape shape, Layout layout);

/// An image [N, C, spatial...] laid out [N, spatial..., C].
Tensor channels_last_copy(const Tensor& image);

/// An image in that layout as [N, C, spatial...]; itself if it lies so.
Tensor as_channels_first(const Tensor& image, Layout layout);

/// Where an axis of a channels-first image of that rank (−1: the last) is in that layout.
int axis_in(Layout layout, int64_t axis, std::size_t rank);

/// Runs a kernel that takes and gives channels-first images on channels-last ones: the inputs of those
/// indices, as far as they are there, and output 0.
Kernel through_channels_first(Kernel kernel, const std::vector<std::size_t>& images);

/// Binds a kernel that knows nothing of layouts: to a channels_last node by through_channels_first, to
/// others as it is. No index: the operator has no such nodes, or sees to them itself.
Kernel bind_channels_first(BindFn bind, const BindContext& context,
                           const std::vector<std::size_t>& images);

}  // namespace qtool
