#include "base/error.h"

#include <cstdio>
#include <cstdlib>

namespace qtool {

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "qtool: internal error: %s does not hold (%s:%d); please report this\n",
               condition, file, line);
  std::abort();
}

}  // namespace qtool
