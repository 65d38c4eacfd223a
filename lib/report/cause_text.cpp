#include "report/cause_text.h"

#include <fmt/format.h>

#include <cmath>

#include "report/decibel.h"

namespace qtool {
namespace {

std::string percent(double share) { return fmt::format("{:.3g} %", 100 * share); }

std::string channels_text(const QuantizedWeight& weight) {
  const ChannelSpread spread = channel_spread(weight);
  const std::size_t count = weight.channels.size();
  std::string text = fmt::format(
      "the weight '{}' has one scale for {} channels whose ranges differ up to {:.0f} times: ",
      weight.name, count, spread.most);
  if (spread.few == 0)
    return text +
           fmt::format("the widest reaches {:.3g} times as far as the median one", spread.widest);
  text += fmt::format("{} of them keep fewer than {} integers", spread.few, kFewIntegers);
  return spread.vanished == 0 ? text
                              : text + fmt::format(", and {} nothing but 0", spread.vanished);
}

std::string weights_text(const LayerError& layer) {
  const std::string text = "what it computes on integers is too coarse";
  if (!layer.weight_sqnr_db || std::isinf(*layer.weight_sqnr_db)) return text;
  return text +
         fmt::format(" (the worst of its weights has {} dB)", decibel(*layer.weight_sqnr_db));
}

}  // namespace

std::string cause_text(const Cause& cause, const LayerError& layer,
                       const std::vector<QuantizedWeight>& weights) {
  switch (cause.kind) {
    case CauseKind::kOneScale:
      return channels_text(weights.at(*cause.weight));
    case CauseKind::kInner:
      return fmt::format(
          "'{}', on the way to '{}', is rounded to integers as well, where the float model goes on "
          "at "
          "full precision",
          layer.made_by.inner.back(), layer.value);
    case CauseKind::kWeights:
      return weights_text(layer);
    case CauseKind::kClipping:
      return fmt::format(
          "{} of the elements of '{}' lie outside of what its integers can express and are cut off",
          percent(*layer.clipped), layer.value);
    case CauseKind::kUnusedRange:
      return fmt::format(
          "'{}' takes {} of the range of its integers: the steps are wider than need be",
          layer.value, percent(*layer.range_used));
    case CauseKind::kOutliers:
      return fmt::format(
          "'{}' is rounded coarsely, as its largest element is {:.0f} times as large as a typical "
          "one (the root mean square)",
          layer.value, layer.crest);
  }
  QTOOL_ASSERT(false);
}

std::string mend_text(const Cause& cause, const LayerError& layer) {
  switch (cause.kind) {
    case CauseKind::kOneScale:
      return "quantize per channel: qtool static does, unless --per-tensor is given";
    case CauseKind::kInner:
      return fmt::format(
          "fold beforehand what is computed there, as qtool static does with normalizations, or "
          "keep "
          "it float: --mode '{}=float'",
          layer.node);
    case CauseKind::kWeights:
      return fmt::format("keep it float: --mode '{}=float'", layer.node);
    case CauseKind::kClipping:
      return "take the whole range, --method minmax, from samples that are like these (--calib)";
    case CauseKind::kUnusedRange:
      return "take a narrower range: --method percentile or auto, and --calib with samples like "
             "these";
    case CauseKind::kOutliers:
      return fmt::format(
          "give it 16 bits, '{}': {{type: u16}} under tensors: in --overrides, or try --method "
          "auto",
          layer.value);
  }
  QTOOL_ASSERT(false);
}

}  // namespace qtool
