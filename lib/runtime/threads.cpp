#include "kernels/onednn/threads.h"

#include "runtime/executor.h"

namespace qtool {

void set_threads(int count) { onednn::set_threads(count); }

}  // namespace qtool
