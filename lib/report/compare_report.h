#pragma once

#include <string>
#include <vector>

#include "measure/causes.h"

namespace qtool {

/// All that a comparison found out: of compare_layers, quantized_weights and find_causes.
struct Comparison {
  std::vector<LayerError> layers;
  std::vector<QuantizedWeight> weights;
  std::vector<Cause> causes;
};

/// The layers, at most `rows` (0: all), what is to blame for the worst, and which of them to keep float to
/// win most.
std::string compare_text(const Comparison& comparison, std::size_t rows);
/// All layers for machines; docs/cli.md describes the fields.
std::string compare_json(const std::vector<LayerError>& layers);

/// What a page about a comparison tells of beside the figures.
struct ComparedModels {
  std::string first, other;  // names of their files
  const Graph& graph;        // of the first, prepared
  int64_t samples = 0;
};

/// The comparison as a page: what is to blame, error layer by layer and on the graph, all layers and all weights.
/// Throws Error for names that are not UTF-8.
std::string compare_html(const ComparedModels& models, const Comparison& comparison);

}  // namespace qtool
