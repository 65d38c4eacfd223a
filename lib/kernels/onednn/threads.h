#pragma once

namespace qtool::onednn {

/// Number of threads (at least 1) that oneDNN's primitives use when the calling thread runs them.
void set_threads(int count);

}  // namespace qtool::onednn
