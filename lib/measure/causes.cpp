#include "measure/causes.h"

#include <algorithm>

#include "base/named.h"

namespace qtool {
namespace {

constexpr double kHardlyAny = 40;  // dB
constexpr double kUneven = 2;      // a bit that the median channel lacks
constexpr std::array<Named<CauseKind>, 6> kNames = {{{"one scale", CauseKind::kOneScale},
                                                     {"inner rounding", CauseKind::kInner},
                                                     {"weights", CauseKind::kWeights},
                                                     {"clipping", CauseKind::kClipping},
                                                     {"unused range", CauseKind::kUnusedRange},
                                                     {"outliers", CauseKind::kOutliers}}};
constexpr double kSmallPart = 0.5;  // of a range: a bit that is lost

// The node's weight with the most uneven channels under one scale, else its first one.
std::optional<std::size_t> weight_of(const LayerError& layer,
                                     const std::vector<QuantizedWeight>& weights) {
  std::optional<std::size_t> found;
  double most = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::vector<std::string>& own = layer.made_by.weights;
    if (std::find(own.begin(), own.end(), weights[i].name) == own.end()) continue;
    const double spread = weights[i].shares_scale() ? channel_spread(weights[i]).widest : 0;
    if (!found || spread > most) {
      found = i;
      most = spread;
    }
  }
  return found;
}

CauseKind kind_on_the_way(const LayerError& layer, const std::optional<std::size_t>& weight,
                          const std::vector<QuantizedWeight>& weights) {
  const bool is_uneven = weight && weights[*weight].shares_scale() &&
                         channel_spread(weights[*weight]).widest >= kUneven;
  if (is_uneven) return CauseKind::kOneScale;
  return layer.made_by.inner.empty() ? CauseKind::kWeights : CauseKind::kInner;
}

Cause cause_of(const LayerError& layer, const std::vector<QuantizedWeight>& weights) {
  const double all = layer.alone.mse();
  const double rest = std::max(0.0, all - layer.rounding_mse - layer.clipping_mse);
  Cause cause;
  cause.share = std::min(1.0, std::max({rest, layer.rounding_mse, layer.clipping_mse}) / all);
  if (rest >= layer.rounding_mse && rest >= layer.clipping_mse) {
    cause.weight = weight_of(layer, weights);
    cause.kind = kind_on_the_way(layer, cause.weight, weights);
  } else if (layer.clipping_mse > layer.rounding_mse) {
    cause.kind = CauseKind::kClipping;
  } else {
    cause.kind =
        layer.range_used.value_or(1) < kSmallPart ? CauseKind::kUnusedRange : CauseKind::kOutliers;
  }
  return cause;
}

}  // namespace

std::string_view name(CauseKind kind) { return name_of(kNames, kind); }

std::vector<Cause> find_causes(const std::vector<LayerError>& layers,
                               const std::vector<QuantizedWeight>& weights) {
  std::vector<Cause> causes;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].node.empty() || !(layers[i].alone.sqnr_db() < kHardlyAny)) continue;
    causes.push_back(cause_of(layers[i], weights));
    causes.back().layer = i;
  }
  return causes;
}

}  // namespace qtool
