// The JSON of an earlier bench, beside one of now.
#include "report/baseline.h"

#include "fuzz/target.h"

using namespace qtool;

FUZZ(text) {
  BenchRun run;
  run.results.resize(1);
  run.results[0].path = "m";
  run.results[0].scores = {{.name = "top1", .title = "top-1", .value = 0.5}};
  baseline_table(parse_json(text), run);
}
