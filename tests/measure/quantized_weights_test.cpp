#include "measure/quantized_weights.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <numeric>

#include "ir/text.h"
#include "measure/twins.h"

namespace qtool {
namespace {

using Catch::Approx;

// A product whose weight [2, 4] has columns, its channels, of 1, 0.1, 0.01 and 0.001.
const char* const kFloat = R"(
const w: float32[2, 4] = [1, 0.1, 0.01, 0.001, -0.5, 0.05, 0.01, 0.0001]
y: float32[1, 4] = MatMul(x, w) "m"
)";

Model model_of(const std::string& body) {
  return in_qdq_form(
      parse_text("model ir 8 opset 21\ngraph g\ninput x: float32[1, 2]\noutput y\n" + body));
}

std::vector<QuantizedWeight> weights_of(const std::string& body) {
  const Model first = model_of(kFloat), other = model_of(body);
  return quantized_weights(first.graph, other.graph);
}

// One scale of 1/100: integers of the columns are 100, 10, 1, 0 and −50, 5, 1, 0.
const char* const kPerTensor = R"(
const q: int8[2, 4] = [100, 10, 1, 0, -50, 5, 1, 0]
const s: float32[] = 0.01
const z: int8[] = 0
d: float32[2, 4] = DequantizeLinear(q, s, z)
y: float32[1, 4] = MatMul(x, d) "m"
)";

TEST_CASE("a weight has the ranges of its channels and the integers that they keep") {
  const auto weights = weights_of(kPerTensor);
  REQUIRE(weights.size() == 1);
  const QuantizedWeight& weight = weights[0];
  CHECK(weight.name == "q");
  CHECK(weight.node == "m");
  CHECK(weight.is_float);
  CHECK(weight.axis == 1);
  CHECK(weight.shares_scale());
  REQUIRE(weight.channels.size() == 4);
  CHECK(weight.channels[0].min == Approx(-0.5));
  CHECK(weight.channels[0].max == Approx(1));
  CHECK(weight.channels[0].low == Approx(-1.28));
  CHECK(weight.channels[0].high == Approx(1.27));
  CHECK(weight.channels[0].integers == 151);
  CHECK(weight.channels[1].integers == 11);
  CHECK(weight.channels[2].integers == 2);
  CHECK(weight.channels[3].integers == 1);
  const std::vector<int64_t>& counts = weight.histogram.used();
  CHECK(std::accumulate(counts.begin(), counts.end(), int64_t{0}) == 8);
}

TEST_CASE("channels are compared with the widest, the median and the narrowest") {
  const ChannelSpread spread = channel_spread(weights_of(kPerTensor)[0]);
  CHECK(spread.widest == Approx(1 / 0.01));  // of 0.001, 0.01, 0.1, 1 the lower middle
  CHECK(spread.most == Approx(1 / 0.001));
  CHECK(spread.few == 2);
  CHECK(spread.vanished == 1);
}

TEST_CASE("a channel that is as good as 0 is not the narrowest") {
  QuantizedWeight weight;
  weight.channels = {{-1, 1, -1, 1, 255}, {0, 0.25, -1, 1, 32}, {0, 1e-8, -1, 1, 1}};
  CHECK(channel_spread(weight).most == Approx(4));
}

TEST_CASE("scales of channels and of blocks give each its own ends") {
  const auto weights = weights_of(R"(
const q: uint8[2, 4] = [255, 228, 228, 228, 78, 178, 228, 138]
const s: float32[4] = [0.01, 0.001, 0.0001, 0.00001]
const z: uint8[4] = [128, 128, 128, 128]
d: float32[2, 4] = DequantizeLinear(q, s, z) {axis=1}
y: float32[1, 4] = MatMul(x, d) "m"
)");
  CHECK(!weights[0].shares_scale());
  CHECK(weights[0].channels[1].low == Approx(-0.128));
  CHECK(weights[0].channels[1].high == Approx(0.127));
  CHECK(weights[0].channels[1].integers == 101);  // 0 to 100
  const auto blocks = weights_of(R"(
const q: int8[2, 4] = [100, 100, 100, 100, -50, 50, 100, 10]
const s: float32[1, 4] = [0.01, 0.001, 0.0001, 0.00001]
const z: int8[1, 4] = 0
d: float32[2, 4] = DequantizeLinear(q, s, z) {axis=0, block_size=2}
y: float32[1, 4] = MatMul(x, d) "m"
)");
  CHECK(blocks[0].axis == 1);
  CHECK(blocks[0].channels[2].high == Approx(0.0127));
}

TEST_CASE("numbers are of the float weight only where the integers stand for it") {
  const auto renamed = weights_of(R"(
const q: int8[2, 4] = [100, 10, 1, 0, -50, 5, 1, 0]
const s: float32[] = 0.01
const z: int8[] = 0
d: float32[2, 4] = DequantizeLinear(q, s, z)
y: float32[1, 4] = MatMul(x, d) "m_quant"
)");
  CHECK(renamed[0].is_float);
  const auto divided = weights_of(R"(
const q: int8[2, 4] = [100, 10, 1, 0, 50, 5, 1, 0]
const s: float32[] = 0.05
const z: int8[] = 0
d: float32[2, 4] = DequantizeLinear(q, s, z)
y: float32[1, 4] = MatMul(x, d) "m"
)");
  CHECK(!divided[0].is_float);
  CHECK(divided[0].channels[0].max == Approx(5));
}

}  // namespace
}  // namespace qtool
