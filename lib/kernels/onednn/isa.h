#pragma once

#include <string_view>

namespace qtool::onednn {

/// Whether oneDNN was built in. Without it nothing of this folder serves any shape.
bool is_there();

/// Whether the CPU multiplies and adds bytes without saturating in between.
bool has_vnni();

/// Keeps oneDNN from using instructions above `name`, one of those of kernels/instruction_sets.h;
/// "none" means SSE4.1, below which there is nothing. Only before the first use of oneDNN.
void limit_instruction_sets(std::string_view name);

}  // namespace qtool::onednn
