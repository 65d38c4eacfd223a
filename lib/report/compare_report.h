#pragma once

#include <string>
#include <vector>

#include "measure/compare_layers.h"

namespace qtool {

/// Layers as compare_layers sorts them, at most `rows` (0: all), and which of them to keep float to win most.
std::string compare_text(const std::vector<LayerError>& layers, std::size_t rows);
/// All layers for machines; docs/cli.md describes the fields.
std::string compare_json(const std::vector<LayerError>& layers);

}  // namespace qtool
