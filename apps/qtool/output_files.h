#pragma once

#include <cstdint>
#include <filesystem>

#include "runtime/executor.h"

namespace qtool {

/// The folder for the outputs of run `index`: `root` itself if it is the only one of `count`, else a
/// folder in it called by five digits. Made if it is not there. Throws Error naming it.
std::filesystem::path output_folder(const std::filesystem::path& root, int64_t index,
                                    int64_t count);

/// Writes <output>.npy for every tensor, '/' and ':' in names as '_', in types that NumPy knows: one file
/// for each element of a sequence, <output>.<i>.npy, and none for an empty optional. Throws Error if two
/// outputs would be one file.
void write_outputs(const std::filesystem::path& folder, const DatumMap& outputs);

}  // namespace qtool
