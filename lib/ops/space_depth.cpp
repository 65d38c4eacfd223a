#include "base/named.h"
#include "kernels/reference/copy.h"
#include "ops/registry.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// Blocks of pixels as seen from both sides: depth [N, C · block², H, W] and space
// [N, C, H · block, W · block]. Both hold elements [N, C, row in block, column in block, H, W].
struct Blocks {
  Shape dims;
  Shape depth_strides;
  Shape space_strides;
};

// `channels_first`: depth has its channels before the places in a block (CRD), else after them.
Blocks make_blocks(int64_t batch, int64_t channels, int64_t height, int64_t width, int64_t block,
                   bool channels_first) {
  const int64_t image = height * width;
  const int64_t all = channels * block * block * image;
  const int64_t channel = channels_first ? block * block * image : image;
  const int64_t column = channels_first ? image : channels * image;
  const int64_t row = width * block;
  return {{batch, channels, block, block, height, width},
          {all, channel, block * column, column, width, 1},
          {all, height * block * row, row, 1, block * row, block}};
}

struct SpaceNode {
  int64_t block;
  bool channels_first;
};

SpaceNode read_node(const BindContext& context) {
  constexpr std::array<Named<bool>, 2> kChannelsFirst = {{{"DCR", false}, {"CRD", true}}};
  const auto block = context.attribute<int64_t>("blocksize", 0);
  if (block < 1 || block > (1 << 20)) fail("blocksize {} is not possible", block);
  return {block, find(kChannelsFirst, context.attribute<std::string>("mode", "DCR"), "mode")};
}

[[noreturn]] void fail_blocks(const Shape& shape, int64_t block) {
  fail("input {} cannot be divided into blocks of {}", to_string(shape), block);
}

Kernel bind_depth_to_space(const BindContext& context) {
  return [node = read_node(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const int64_t b = node.block;
    if (x.rank() != 4 || x.dim(1) % (b * b) != 0) fail_blocks(x.shape(), b);
    const int64_t channels = x.dim(1) / (b * b);
    Tensor& y = call.output(0, x.dtype(), {x.dim(0), channels, x.dim(2) * b, x.dim(3) * b});
    if (y.size() == 0) return;
    const Blocks blocks =
        make_blocks(x.dim(0), channels, x.dim(2), x.dim(3), b, node.channels_first);
    ref::copy(ref::StridedLoop<2>(blocks.dims, {blocks.space_strides, blocks.depth_strides}),
              element_bytes(x), y.mutable_raw(), x.raw());
  };
}

Kernel bind_space_to_depth(const BindContext& context) {
  return [node = read_node(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const int64_t b = node.block;
    if (x.rank() != 4 || x.dim(2) % b != 0 || x.dim(3) % b != 0) fail_blocks(x.shape(), b);
    const Shape shape = {x.dim(0), element_count({x.dim(1), b, b}), x.dim(2) / b, x.dim(3) / b};
    Tensor& y = call.output(0, x.dtype(), shape);
    if (y.size() == 0) return;
    const Blocks blocks =
        make_blocks(shape[0], x.dim(1), shape[2], shape[3], b, node.channels_first);
    ref::copy(ref::StridedLoop<2>(blocks.dims, {blocks.depth_strides, blocks.space_strides}),
              element_bytes(x), y.mutable_raw(), x.raw());
  };
}

}  // namespace

std::span<const OpSpec> space_depth_ops() {
  static const QuantTraits kMoves = {.inputs = {Role::kActivation}, .same_params = true};
  static const std::vector<OpSpec> kOps = {
      reference_op("DepthToSpace", bind_depth_to_space, kMoves),
      reference_op("SpaceToDepth", bind_space_to_depth, kMoves),
  };
  return kOps;
}

}  // namespace qtool
