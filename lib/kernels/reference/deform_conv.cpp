#include "kernels/reference/deform_conv.h"

#include "kernels/reference/grid_sample.h"

namespace qtool::reference {
namespace {

// Indices of a row-major array, one after the other.
void advance(Window::Sizes& index, const Window::Sizes& dims) {
  for (std::size_t axis = dims.size(); axis-- > 0; index[axis] = 0)
    if (++index[axis] < dims[axis]) return;
}

// The elements of x that make one entry of a column.
class Reader {
 public:
  explicit Reader(const Window& window) : window_(window), axes_(window.input.size()) {}

  // `tap` and `output` are positions in kernel and output; offsets of the axes lie `step` apart.
  template <class T>
  const Taps& at(const Window::Sizes& tap, const Window::Sizes& output, const T* offset,
                 int64_t step) {
    const Window& w = window_;
    const std::size_t first = axes_.size() - static_cast<std::size_t>(w.rank);
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const int64_t regular = output[i] * w.stride[i] - w.pad_begin[i] + tap[i] * w.dilation[i];
      const double moved = i < first ? 0 : offset[static_cast<int64_t>(i - first) * step];
      Sampler{}.axis_taps(static_cast<double>(regular) + moved, w.input[i], axes_[i]);
    }
    multiply_taps(w.input, axes_, taps_);
    return taps_;
  }

 private:
  const Window& window_;
  std::vector<Taps> axes_;
  Taps taps_;
};

}  // namespace

template <class T>
void deformed_columns(const Window& w, int64_t channels, const Deformation<T>& deformation,
                      const T* x, T* columns) {
  const int64_t taps = volume(w.kernel);
  const int64_t outputs = volume(w.output);
  const int64_t plane = volume(w.input);
  const int64_t group = channels / deformation.groups;
  Reader reader(w);
  for (int64_t g = 0; g < deformation.groups; ++g, x += group * plane) {
    Window::Sizes tap(w.kernel.size(), 0);
    for (int64_t k = 0; k < taps; ++k, advance(tap, w.kernel)) {
      const int64_t entry = (g * taps + k) * outputs;
      Window::Sizes output(w.output.size(), 0);
      for (int64_t o = 0; o < outputs; ++o, advance(output, w.output)) {
        const Taps& read =
            reader.at(tap, output, deformation.offsets + entry * w.rank + o, outputs);
        const double factor = deformation.mask == nullptr ? 1 : deformation.mask[entry + o];
        for (int64_t c = 0; c < group; ++c) {
          double sum = 0;
          for (const Tap& t : read) sum += t.weight * x[c * plane + t.index];
          columns[((g * group + c) * taps + k) * outputs + o] = static_cast<T>(sum * factor);
        }
      }
    }
  }
}

template void deformed_columns(const Window&, int64_t, const Deformation<float>&, const float*,
                               float*);
template void deformed_columns(const Window&, int64_t, const Deformation<double>&, const double*,
                               double*);

}  // namespace qtool::reference
