// An overrides file.
#include "quant/select/overrides.h"

#include "fuzz/target.h"

using namespace qtool;

FUZZ(text) { parse_overrides(text, "overrides.yaml"); }
