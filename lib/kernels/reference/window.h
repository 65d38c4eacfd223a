#pragma once

#include "kernels/window.h"

namespace qtool::reference {

/// All places where the kernel of a window meets an element of the input rather than padding; made
/// once and walked over for every plane.
class WindowLoop {
 public:
  explicit WindowLoop(const Window& window);

  /// Calls row(tap, input, output, count) for every kernel element `tap` and every run of outputs
  /// along the last axis: output + i meets input + i · stride(), for i in [0, count). All are
  /// row-major indices into kernel, input and output. An output meets its taps in ascending order.
  template <class Row>
  void each_row(Row row) const {
    walk(0, 0, 0, 0, row);
  }
  /// Elements of the input between neighbouring outputs of a row.
  int64_t stride() const { return axes_.back().stride; }

 private:
  // Outputs [output, output + count) for which kernel element `tap` meets the input, the first of
  // them at `input`.
  struct Meeting {
    int64_t tap;
    int64_t input;
    int64_t output;
    int64_t count;
  };
  struct Axis {
    int64_t taps;
    int64_t inputs;
    int64_t outputs;
    int64_t stride;
    std::vector<Meeting> meetings;
  };

  template <class Row>
  void walk(std::size_t at, int64_t tap, int64_t input, int64_t output, Row& row) const {
    const Axis& axis = axes_[at];
    tap *= axis.taps;
    input *= axis.inputs;
    output *= axis.outputs;
    for (const Meeting& m : axis.meetings) {
      if (at + 1 == axes_.size())
        row(tap + m.tap, input + m.input, output + m.output, m.count);
      else
        for (int64_t i = 0; i < m.count; ++i)
          walk(at + 1, tap + m.tap, input + m.input + i * axis.stride, output + m.output + i, row);
    }
  }

  std::vector<Axis> axes_;
};

/// For each output, elements of the input that its window holds; with `padding`, of the padded
/// input.
std::vector<int64_t> window_sizes(const Window& window, bool padding);

}  // namespace qtool::reference
