#pragma once

#include "base/json.h"

namespace qtool {

/// The section of a page that says where its figures were measured, as pairs of texts: qtool's version, the CPU
/// and what it can do, cores and threads in use, the system.
Json environment_section();

}  // namespace qtool
