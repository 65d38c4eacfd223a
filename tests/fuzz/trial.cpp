// The figures of a trial; what is read and written comes back.
#include "advise/trial_file.h"
#include "fuzz/target.h"

using namespace qtool;

FUZZ(text) {
  const std::string written = figures_json(parse_figures(text));
  QTOOL_ASSERT(figures_json(parse_figures(written)) == written);
}
