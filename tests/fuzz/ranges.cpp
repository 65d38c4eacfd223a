// Ranges in the forms of qtool, onnxruntime, AIMET and ncnn; what is read comes back in qtool's.
#include "base/json.h"
#include "calib/ranges/foreign_ranges.h"
#include "calib/ranges/ranges_file.h"
#include "fuzz/target.h"
#include "ir/text.h"

using namespace qtool;

static Graph example() {
  return parse_text(R"(
    model ir 8 opset 13
    graph test
    input x: float32[1, 2, 4, 4]
    const w: float32[2, 2, 1, 1] = 0.5
    y = Conv(x, w) "conv"
    z = Relu(y) "relu"
    output z
  )")
      .graph;
}

FUZZ(text) {
  static const Graph graph = example();
  const std::string written = ranges_json(parse_foreign_ranges(text, graph));
  QTOOL_ASSERT(ranges_json(read_ranges(parse_json(written))) == written);
}
