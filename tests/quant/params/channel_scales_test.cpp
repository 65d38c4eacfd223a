#include "quant/params/channel_scales.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include "ir/text.h"
#include "tensor/quant_params.h"

namespace qtool {
namespace {

TEST_CASE("every channel fits with the common zero point, and one of its ends is tight") {
  const std::vector<Range> channels = {{-0.375f, 45}, {-0.375f, 0.5f}, {0, 3}, {-2, 0}};
  for (const DType dtype : {DType::kUInt8, DType::kInt8}) {
    const ChannelScales scales = choose_channel_scales(channels, dtype);
    const auto [qmin, qmax] = quant_range(dtype);
    REQUIRE(scales.scale.size() == channels.size());
    for (std::size_t c = 0; c < channels.size(); ++c) {
      const double low = double(scales.scale[c]) * (qmin - scales.zero_point);
      const double high = double(scales.scale[c]) * (qmax - scales.zero_point);
      CHECK(low <= channels[c].min + 1e-6);
      CHECK(high >= channels[c].max - 1e-5);
      const bool tight = std::abs(low - channels[c].min) < 1e-5 * std::abs(low) + 1e-6 ||
                         std::abs(high - channels[c].max) < 1e-5 * high + 1e-6;
      CHECK(tight);
    }
  }
}

TEST_CASE("channels that need no negative numbers get all levels") {
  const std::vector<Range> channels = {{0, 51}, {0, 0.255f}, {0, 0}};
  const ChannelScales scales = choose_channel_scales(channels, DType::kUInt8);
  CHECK(scales.zero_point == 0);
  CHECK(scales.scale[0] == Catch::Approx(0.2));
  CHECK(scales.scale[1] == Catch::Approx(0.001));
  CHECK(scales.scale[2] == Catch::Approx(0.2));  // free: as the largest
}

constexpr const char* kBlock = R"(
model ir 8 opset 14
graph block
input x: float32[1, 2, 4, 4]
const w: float32[2, 2, 1, 1] = 0.5
const d: float32[2, 1, 3, 3] = 0.25
c: float32[1, 2, 4, 4] = Conv(x, w) "conv"
h: float32[1, 2, 4, 4] = HardSwish(c) "swish"
y: float32[1, 2, 2, 2] = Conv(h, d) {group=2} "depthwise"
output y: float32[1, 2, 2, 2]
)";

std::size_t readers(std::string text, const std::string& value) {
  const Model model = parse_text(text);
  return readers_that_scale(model.graph, select(model, resolve_rules(model.graph, {}), {}),
                            model.graph.find(value), {})
      .size();
}

TEST_CASE("only what a float node writes for depthwise convolutions is scaled by channel") {
  CHECK(readers(kBlock, "h") == 1);
  CHECK(readers(kBlock, "c") == 0);  // an integer convolution writes it
  CHECK(readers(kBlock, "x") == 0);  // a graph input
  CHECK(readers(std::string(kBlock) + "output h: float32[1, 2, 4, 4]\n", "h") == 1);
  CHECK(readers(std::string(kBlock) + "z: float32[1, 2, 4, 4] = Conv(h, w)\noutput z\n", "h") == 0);
}

TEST_CASE("each slice of a weight is multiplied by its factor") {
  const std::vector<float> factors = {2, 0.5f};
  const Tensor kernel = Tensor::of<float>({2, 1, 2}, {1, 2, 3, 4});
  CHECK(scale_channels({.op_type = "Conv"}, kernel, factors).to_vector<float>() ==
        std::vector<float>{2, 4, 1.5f, 2});
  const Tensor matrix = Tensor::of<float>({2, 2}, {1, 2, 3, 4});
  CHECK(scale_channels({.op_type = "MatMul"}, matrix, factors).to_vector<float>() ==
        std::vector<float>{2, 4, 1.5f, 2});
  Node gemm{.op_type = "Gemm"};
  set_attribute(gemm, "transB", int64_t{1});
  CHECK(scale_channels(gemm, matrix, factors).to_vector<float>() == std::vector<float>{2, 1, 6, 2});
}

}  // namespace
}  // namespace qtool
