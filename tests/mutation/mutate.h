#pragma once

#include <random>
#include <string>

#include "runtime/executor.h"

namespace qtool {

using Random = std::mt19937_64;

/// Changes something of a model or of its feed as a broken exporter or an attacker would: an
/// attribute, an input, a constant, a type, an operator, the opset. Returns what was done, in one
/// line. The same random numbers make the same change.
std::string mutate(Model& model, DatumMap& feed, Random& random);

}  // namespace qtool
