#include "report/weight_section.h"

#include <catch2/catch_test_macros.hpp>

using namespace qtool;

namespace {

// Channel c reaches from −c to 2c.
QuantizedWeight weight_of(int64_t channels) {
  QuantizedWeight weight{.name = "w", .shape = {channels, 1}, .axis = 0};
  weight.params = {DType::kInt8, {1}, {0}};
  for (int64_t c = 0; c < channels; ++c)
    weight.channels.push_back({-double(c), 2.0 * double(c), -128, 127, 3 * c + 1});
  return weight;
}

}  // namespace

TEST_CASE("each channel of a weight is a bar") {
  const Json section = weight_section({weight_of(3)});
  const Json& weight = section["weights"][0];
  CHECK(weight["channels_a_bar"] == 1);
  CHECK(weight["bars"] ==
        Json::parse("[[0.0, 0.0, -128.0, 127.0, 1], [-1.0, 2.0, -128.0, 127.0, 4], "
                    "[-2.0, 4.0, -128.0, 127.0, 7]]"));
  CHECK(weight["max"] == 4.0f);
  CHECK(weight["one_scale"] == true);
  CHECK(weight["few"] == 3);
  CHECK(!weight.contains("histogram"));
}

TEST_CASE("channels are joined where there are too many to draw") {
  const Json section = weight_section({weight_of(1000)});
  const Json& bars = section["weights"][0]["bars"];
  CHECK(section["weights"][0]["channels"] == 1000);
  CHECK(section["weights"][0]["channels_a_bar"] == 4);
  REQUIRE(bars.size() == 250);
  CHECK(bars[249] == Json::array({-999.0f, 1998.0f, -128.0f, 127.0f, 3 * 996 + 1}));
}
