#include "kernels/onednn/qconv.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string_view>
#include <vector>

#include "kernels/onednn/engine.h"
#include "kernels/onednn/isa.h"
#include "kernels/onednn/qinput.h"
#include "kernels/onednn/qweight.h"
#include "kernels/simd/requantize.h"
#include "kernels/transpose.h"

namespace qtool::onednn {
namespace {

Desc channels_last(DataType type, const Dims& dims) {
  return {dims, type, channels_last_strides(dims)};
}

// A convolution of one image, or of some of its rows.
struct Piece {
  dnnl::convolution_forward run;
  dnnl::memory source;
  dnnl::memory weight;
  dnnl::memory sums;

  void convolve(const uint8_t* x, int32_t* y) {
    source.set_data_handle(const_cast<uint8_t*>(x));
    sums.set_data_handle(y);
    run.execute(stream(),
                {{DNNL_ARG_SRC, source}, {DNNL_ARG_WEIGHTS, weight}, {DNNL_ARG_DST, sums}});
  }
};

// The first spatial axis that oneDNN sees, along which images are cut into rows.
std::size_t row_axis(const Window& window) {
  return window.input.size() - static_cast<std::size_t>(std::max(window.rank, 2));
}

// What is computed at a time, so that the sums are still in the cache when they are requantized.
struct Rows {
  int64_t all;      // of the output image
  int64_t at_once;  // the last ones may be fewer
  int64_t pixels;   // of a row
};

Rows cut(const ConvShape& shape) {
  constexpr int64_t kSumsAtOnce = int64_t{1} << 16;
  const int64_t all = shape.window.output[row_axis(shape.window)];
  const int64_t pixels = volume(shape.window.output) / all;
  const int64_t fit = std::max<int64_t>(1, kSumsAtOnce / (pixels * shape.out_channels));
  const int64_t pieces = (all + fit - 1) / fit;
  return {all, (all + pieces - 1) / pieces, pixels};
}

// All that is made for one shape.
struct Program {
  Rows rows;
  int64_t image;      // bytes of a padded image of the input
  int64_t input_row;  // those from one row of the output to the next
  PaddedInput input;
  Piece piece;
  std::optional<Piece> last;  // if it has fewer rows
};

// Scratch memory, cut into what a run needs; every piece is aligned to 64.
class Scratch {
 public:
  Scratch(const ConvShape& shape, std::byte* memory)
      : input(take<uint8_t>(memory,
                            shape.batch * volume(padded_sizes(shape.window)) * shape.in_channels)),
        sums(take<int32_t>(memory, pixels_at_once(shape) * shape.out_channels)),
        base(take<int32_t>(memory, shape.out_channels)),
        result(take<int32_t>(memory, pixels_at_once(shape) * shape.out_channels)) {}

 private:
  static int64_t pixels_at_once(const ConvShape& shape) {
    const Rows rows = cut(shape);
    return rows.at_once * rows.pixels;
  }
  template <class T>
  T* take(std::byte* memory, int64_t count) {
    const std::size_t start = bytes;
    bytes += (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
    return memory == nullptr ? nullptr : reinterpret_cast<T*>(memory + start);
  }

 public:
  std::size_t bytes = 0;  // first: counted while the others are made
  uint8_t* input;
  int32_t* sums;    // [pixels, channels], as a piece gives them
  int32_t* base;    // what is added to the sums of each channel
  int32_t* result;  // [pixels, channels], of up to 4 bytes each
};

}  // namespace

struct IntegerConv::State {
  std::vector<int8_t> weight;
  std::vector<int32_t> weight_sums;  // of each output channel
  Layout layout;
  dnnl::memory packed;  // the weight as the latest piece wants it
  ShapeCache<ConvShape, Program> programs;

  Program make(const ConvShape& shape);
  Piece make_piece(const ConvShape& shape, const Window::Sizes& padded, int64_t rows);
  // base[c] = bias[c] less what the zero point adds to every sum.
  void set_base(const ConvShape& shape, const ByteInput& x, const int32_t* bias,
                int32_t* base) const;
};

Program IntegerConv::State::make(const ConvShape& shape) {
  const Rows rows = cut(shape);
  const Window::Sizes padded = padded_sizes(shape.window);
  const std::size_t axis = row_axis(shape.window);
  const int64_t image = volume(padded) * shape.in_channels;
  const int64_t rest = rows.all % rows.at_once;
  return {rows,
          image,
          image / padded[axis] * shape.window.stride[axis],
          PaddedInput(shape, layout == Layout::kChannelsLast),
          make_piece(shape, padded, rows.at_once),
          rest == 0 ? std::nullopt : std::optional(make_piece(shape, padded, rest))};
}

Piece IntegerConv::State::make_piece(const ConvShape& shape, const Window::Sizes& padded,
                                     int64_t rows) {
  const Window& window = shape.window;
  const std::size_t axis = row_axis(window);
  Window::Sizes input = padded;
  Window::Sizes output = window.output;
  input[axis] =
      (rows - 1) * window.stride[axis] + (window.kernel[axis] - 1) * window.dilation[axis] + 1;
  output[axis] = rows;
  Dims weight_dims = {shape.out_channels / shape.groups, shape.in_channels / shape.groups};
  if (shape.groups > 1) weight_dims.insert(weight_dims.begin(), shape.groups);
  weight_dims = with_spatial(weight_dims, window, window.kernel);
  const Desc source =
      channels_last(DataType::u8, with_spatial({1, shape.in_channels}, window, input));
  const Desc sums =
      channels_last(DataType::s32, with_spatial({1, shape.out_channels}, window, output));
  const Dims no_padding = with_spatial({}, window, {0, 0, 0});
  Window::Sizes gaps = window.dilation;
  for (int64_t& gap : gaps) --gap;
  dnnl::convolution_forward::primitive_desc made(
      engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, source,
      any_layout(DataType::s8, weight_dims), sums, with_spatial({}, window, window.stride),
      with_spatial({}, window, gaps), no_padding, no_padding);
  // Only this implementation would saturate where is_exact says that depthwise does not.
  while (is_depthwise(shape) && std::string_view(made.impl_info_str()).starts_with("gemm"))
    if (!made.next_impl()) break;
  if (!packed || packed.get_desc() != made.weights_desc())
    packed = reordered(wrap(plain(DataType::s8, weight_dims), weight.data()), made.weights_desc());
  return {dnnl::convolution_forward(made), wrap(source, nullptr), packed, wrap(sums, nullptr)};
}

bool IntegerConv::is_exact(const ConvShape& shape, const int32_t* weight) {
  return (has_vnni() || is_depthwise(shape)) && has_exact_sums(shape, weight);
}

IntegerConv::IntegerConv(const ConvShape& shape, const int32_t* weight, Layout layout)
    : state_(std::make_unique<State>()) {
  const int64_t taps = shape.in_channels / shape.groups * volume(shape.window.kernel);
  state_->layout = layout;
  for (int64_t c = 0; c < shape.out_channels; ++c, weight += taps) {
    state_->weight.insert(state_->weight.end(), weight, weight + taps);
    state_->weight_sums.push_back(std::accumulate(weight, weight + taps, int32_t{0}));
  }
}

IntegerConv::IntegerConv(IntegerConv&&) noexcept = default;
IntegerConv::~IntegerConv() = default;

std::size_t IntegerConv::scratch_bytes(const ConvShape& shape) const {
  return Scratch(shape, nullptr).bytes;
}

void IntegerConv::State::set_base(const ConvShape& shape, const ByteInput& x, const int32_t* bias,
                                  int32_t* base) const {
  const int32_t zero_point = stored_zero_point(x);
  for (int64_t c = 0; c < shape.out_channels; ++c)
    base[c] =
        (bias == nullptr ? 0 : bias[c]) - zero_point * weight_sums[static_cast<std::size_t>(c)];
}

template <class T>
void IntegerConv::run(const ConvShape& shape, const ByteInput& x, const int32_t* bias,
                      const Requantize<T>& rule, std::byte* memory, T* y) {
  State& state = *state_;
  Program& program = state.programs.get(shape, [&] { return state.make(shape); });
  const Scratch scratch(shape, memory);
  const auto* input = static_cast<const uint8_t*>(program.input.prepare(x, scratch.input));
  state.set_base(shape, x, bias, scratch.base);
  const auto& [all_rows, rows_at_once, row_pixels] = program.rows;
  const int64_t channels = shape.out_channels;
  for (int64_t n = 0; n < shape.batch; ++n, y += all_rows * row_pixels * channels)
    for (int64_t row = 0; row < all_rows; row += rows_at_once) {
      const int64_t rows = std::min(rows_at_once, all_rows - row);
      const int64_t pixels = rows * row_pixels;
      const int64_t first = row * row_pixels;
      Piece& piece = rows == rows_at_once ? program.piece : *program.last;
      piece.convolve(input + n * program.image + row * program.input_row, scratch.sums);
      const simd::Sums sums = {scratch.sums, pixels, channels, channels};
      if (state.layout == Layout::kChannelsLast) {
        simd::requantize(sums, scratch.base, rule, y + first * channels, channels);
        continue;
      }
      T* const last = reinterpret_cast<T*>(scratch.result);
      simd::requantize(sums, scratch.base, rule, last, channels);
      transpose_into(pixels, channels, last, y + first, all_rows * row_pixels);
    }
}

#define QTOOL_INSTANTIATE(T)                                                         \
  template void IntegerConv::run(const ConvShape&, const ByteInput&, const int32_t*, \
                                 const Requantize<T>&, std::byte*, T*);
QTOOL_INSTANTIATE(uint8_t)
QTOOL_INSTANTIATE(int8_t)
QTOOL_INSTANTIATE(int32_t)
QTOOL_INSTANTIATE(float)
#undef QTOOL_INSTANTIATE

}  // namespace qtool::onednn
