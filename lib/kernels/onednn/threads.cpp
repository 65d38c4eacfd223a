#include "kernels/onednn/threads.h"

#include <algorithm>

// From libgomp, on which oneDNN runs. Its header is not there for every compiler.
extern "C" void omp_set_num_threads(int count);

namespace qtool::onednn {

void set_threads(int count) { omp_set_num_threads(std::max(count, 1)); }

}  // namespace qtool::onednn
