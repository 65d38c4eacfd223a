#pragma once

#include <string_view>

namespace qtool {

/// Keeps all kernels from using instructions above `name`: "none" (the vector kernels as plain
/// loops; oneDNN has nothing below SSE4.1), "sse4", "avx2", "avx512", "avx512_vnni". To be called
/// before any kernel is bound. Throws Error if there is no such name, or if this build cannot do
/// without more.
void limit_instruction_sets(std::string_view name);

}  // namespace qtool
