#pragma once

#include <string>
#include <string_view>

#include "ir/graph.h"

namespace qtool {

/// A model as text, for people (--print-after) and for pass tests. Grammar in docs/architecture.md.
/// Constants over `max_elements` elements are written without their elements.
std::string print_text(const Model& model, int64_t max_elements = 16);

/// Reads the text form. Throws Error with line and column.
Model parse_text(std::string_view text);

}  // namespace qtool
