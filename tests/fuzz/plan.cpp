// A plan of the model "0"; what is read and written comes back.
#include "fuzz/target.h"
#include "quant/plan_file.h"

using namespace qtool;

FUZZ(text) {
  const std::string written = plan_json(parse_plan(text, "0"), "0");
  QTOOL_ASSERT(plan_json(parse_plan(written, "0"), "0") == written);
}
