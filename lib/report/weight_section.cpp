#include "report/weight_section.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/histogram_json.h"

namespace qtool {
namespace {

constexpr std::size_t kDrawnChannels = 320;

Json number(double value) { return static_cast<float>(value); }

std::string scales_text(const QuantizedWeight& weight) {
  const QuantParams& params = weight.params;
  if (params.per_tensor()) return "one";
  const std::string count = fmt::format("{}", params.scale.size());
  return params.block > 0
             ? fmt::format("{}, for blocks of {} along axis {}", count, params.block, params.axis)
             : fmt::format("{}, along axis {}", count, params.axis);
}

WeightChannel joined(const std::vector<WeightChannel>& channels, std::size_t first,
                     std::size_t end) {
  WeightChannel all = channels[first];
  for (std::size_t c = first + 1; c < end; ++c)
    all = {std::min(all.min, channels[c].min), std::max(all.max, channels[c].max),
           std::min(all.low, channels[c].low), std::max(all.high, channels[c].high),
           std::min(all.integers, channels[c].integers)};
  return all;
}

Json weight_json(const QuantizedWeight& weight) {
  const ChannelSpread spread = channel_spread(weight);
  const std::size_t count = weight.channels.size();
  const std::size_t step = (count + kDrawnChannels - 1) / kDrawnChannels;
  const WeightChannel all = joined(weight.channels, 0, count);
  Json json = {{"name", weight.name},
               {"node", weight.node},
               {"operator", weight.op_type},
               {"type", name(weight.params.dtype)},
               {"shape", to_string(weight.shape)},
               {"scales", scales_text(weight)},
               {"is_float", weight.is_float},
               {"one_scale", weight.shares_scale()},
               {"count", element_count(weight.shape)},
               {"channels", count},
               {"channels_a_bar", step},
               {"widest", number(spread.widest)},
               {"most", number(spread.most)},
               {"few", spread.few},
               {"vanished", spread.vanished},
               {"min", number(all.min)},
               {"max", number(all.max)},
               {"low", number(all.low)},
               {"high", number(all.high)},
               {"bars", Json::array()}};
  for (std::size_t c = 0; c < count; c += step) {
    const WeightChannel bar = joined(weight.channels, c, std::min(c + step, count));
    json["bars"].push_back(Json::array(
        {number(bar.min), number(bar.max), number(bar.low), number(bar.high), bar.integers}));
  }
  if (!weight.histogram.used().empty()) json["histogram"] = histogram_json(weight.histogram);
  return json;
}

}  // namespace

Json weight_section(const std::vector<QuantizedWeight>& weights) {
  Json section = {{"few_integers", kFewIntegers}, {"weights", Json::array()}};
  for (const QuantizedWeight& weight : weights) section["weights"].push_back(weight_json(weight));
  return section;
}

}  // namespace qtool
