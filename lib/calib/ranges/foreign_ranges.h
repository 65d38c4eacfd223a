#pragma once

#include <filesystem>
#include <string_view>

#include "calib/ranges/range.h"
#include "ir/graph.h"

namespace qtool {

/// Ranges that were measured before, by qtool (ranges_file.h) or by others (foreign_formats.h):
/// onnxruntime's calibration cache (JSON), AIMET's encodings (JSON), ncnn's table. Content tells
/// which.
/// The graph is the prepared one; it gives ncnn's layers their values. Values that the graph lacks
/// are kept: preparing may have taken them out. Ranges behind a Clip or Relu, directly or through
/// nodes that only move elements, are cut to what that leaves: a table of magnitudes says [−a, a].
/// Throws Error naming the file, and what was expected, for other content and where no name at all
/// is one of the graph's.
Ranges read_foreign_ranges(const std::filesystem::path& path, const Graph& graph);
/// The same of a file's content; an Error does not name the file.
Ranges parse_foreign_ranges(std::string_view text, const Graph& graph);

/// Puts the given ranges in place of the measured ones of the same values, those of their channels
/// too; for files that do not speak of every value, as ncnn's. Means stay where none are given.
void replace_ranges(Ranges& measured, const Ranges& given);

}  // namespace qtool
