#include "kernels/onednn/qconv.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "kernels/onednn/engine.h"
#include "kernels/onednn/qinput.h"
#include "kernels/onednn/qweight.h"

namespace qtool::onednn {
namespace {

constexpr int64_t kTile = 32;  // pixels brought from channels-last to channels-first at a time

Desc channels_last(DataType type, const Dims& dims) {
  return {dims, type, channels_last_strides(dims)};
}

// All that is made for one shape.
struct Primitive {
  PaddedInput input;
  dnnl::convolution_forward run;
  dnnl::memory source;
  dnnl::memory weight;
  dnnl::memory sums;
};

// Scratch memory, cut into what a run needs; every piece is aligned to 64.
class Scratch {
 public:
  Scratch(const ConvShape& shape, int64_t parts, std::byte* memory)
      : input(take<uint8_t>(memory,
                            shape.batch * volume(padded_sizes(shape.window)) * shape.in_channels)),
        sums(take<int32_t>(memory,
                           shape.batch * volume(shape.window.output) * shape.out_channels * parts)),
        row(take<int32_t>(memory, shape.out_channels)),
        base(take<int32_t>(memory, shape.out_channels)),
        tile(take<int32_t>(memory, shape.out_channels * kTile)) {}

 private:
  template <class T>
  T* take(std::byte* memory, int64_t count) {
    const std::size_t start = bytes;
    bytes += (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
    return memory == nullptr ? nullptr : reinterpret_cast<T*>(memory + start);
  }

 public:
  std::size_t bytes = 0;  // first: counted while the others are made
  uint8_t* input;
  int32_t* sums;  // as the primitive gives them
  int32_t* row;   // those of one pixel, parts added up
  int32_t* base;  // what is added to the sums of each channel
  int32_t* tile;  // results of kTile pixels, of up to 4 bytes each
};

}  // namespace

struct IntegerConv::State {
  SplitWeight split;
  Layout layout;
  dnnl::memory packed;  // the weight as the latest primitive wants it
  ShapeCache<ConvShape, Primitive> primitives;

  Primitive make(const ConvShape& shape);
  // Fills scratch.sums.
  void convolve(const ConvShape& shape, const ByteInput& x, Scratch& scratch);
  // base[c] = bias[c] less what the zero point adds to every sum.
  void set_base(const ConvShape& shape, const ByteInput& x, const int32_t* bias,
                int32_t* base) const;
  // row[c] = base[c] + the sums of all parts, for one pixel.
  void add_parts(const ConvShape& shape, const int32_t* sums, const int32_t* base,
                 int32_t* row) const;
};

Primitive IntegerConv::State::make(const ConvShape& shape) {
  const Window& window = shape.window;
  const int64_t group_outputs = split.parts * shape.out_channels / shape.groups;
  Dims weight_dims = {group_outputs, shape.in_channels / shape.groups};
  if (shape.groups > 1) weight_dims.insert(weight_dims.begin(), shape.groups);
  weight_dims = with_spatial(weight_dims, window, window.kernel);
  const Desc source = channels_last(
      DataType::u8, with_spatial({shape.batch, shape.in_channels}, window, padded_sizes(window)));
  const Desc sums = channels_last(
      DataType::s32,
      with_spatial({shape.batch, shape.groups * group_outputs}, window, window.output));
  const Dims no_padding = with_spatial({}, window, {0, 0, 0});
  Window::Sizes gaps = window.dilation;
  for (int64_t& gap : gaps) --gap;
  dnnl::convolution_forward::primitive_desc made(
      engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, source,
      any_layout(DataType::s8, weight_dims), sums, with_spatial({}, window, window.stride),
      with_spatial({}, window, gaps), no_padding, no_padding);
  // Only this implementation would saturate where split_weight says that depthwise does not.
  while (is_depthwise(shape) && std::string_view(made.impl_info_str()).starts_with("gemm"))
    if (!made.next_impl()) break;
  if (!packed || packed.get_desc() != made.weights_desc())
    packed =
        reordered(wrap(plain(DataType::s8, weight_dims), split.values.data()), made.weights_desc());
  return {PaddedInput(shape, layout == Layout::kChannelsLast), dnnl::convolution_forward(made),
          wrap(source, nullptr), packed, wrap(sums, nullptr)};
}

void IntegerConv::State::add_parts(const ConvShape& shape, const int32_t* sums, const int32_t* base,
                                   int32_t* row) const {
  const int64_t groups = split.parts == 1 ? 1 : shape.groups;
  const int64_t group_outputs = shape.out_channels / groups;
  for (int64_t g = 0; g < groups; ++g, base += group_outputs, row += group_outputs) {
    std::copy_n(base, group_outputs, row);
    for (int64_t p = 0; p < split.parts; ++p, sums += group_outputs)
      for (int64_t c = 0; c < group_outputs; ++c) row[c] += sums[c];
  }
}

std::optional<IntegerConv> IntegerConv::pack(const ConvShape& shape, const int32_t* weight,
                                             Layout layout) {
  auto split = split_weight(shape, weight, has_vnni());
  if (!split) return std::nullopt;
  auto state = std::make_unique<State>();
  state->split = std::move(*split);
  state->layout = layout;
  return IntegerConv(std::move(state));
}

IntegerConv::IntegerConv(std::unique_ptr<State> state) : state_(std::move(state)) {}
IntegerConv::IntegerConv(IntegerConv&&) noexcept = default;
IntegerConv::~IntegerConv() = default;

std::size_t IntegerConv::scratch_bytes(const ConvShape& shape) const {
  return Scratch(shape, state_->split.parts, nullptr).bytes;
}

void IntegerConv::State::convolve(const ConvShape& shape, const ByteInput& x, Scratch& scratch) {
  Primitive& primitive = primitives.get(shape, [&] { return make(shape); });
  primitive.source.set_data_handle(primitive.input.prepare(x, scratch.input));
  primitive.sums.set_data_handle(scratch.sums);
  primitive.run.execute(stream(), {{DNNL_ARG_SRC, primitive.source},
                                   {DNNL_ARG_WEIGHTS, primitive.weight},
                                   {DNNL_ARG_DST, primitive.sums}});
}

void IntegerConv::State::set_base(const ConvShape& shape, const ByteInput& x, const int32_t* bias,
                                  int32_t* base) const {
  const int32_t zero_point = stored_zero_point(x);
  for (int64_t c = 0; c < shape.out_channels; ++c)
    base[c] =
        (bias == nullptr ? 0 : bias[c]) - zero_point * split.sums[static_cast<std::size_t>(c)];
}

template <class T>
void IntegerConv::run(const ConvShape& shape, const ByteInput& x, const int32_t* bias,
                      const Requantize<T>& rule, std::byte* memory, T* y) {
  Scratch scratch(shape, state_->split.parts, memory);
  state_->convolve(shape, x, scratch);
  state_->set_base(shape, x, bias, scratch.base);
  const int64_t channels = shape.out_channels;
  const int64_t pixels = volume(shape.window.output);
  // The results of pixel p (over the whole batch), all channels.
  const auto write_pixel = [&](int64_t p, T* out) {
    state_->add_parts(shape, scratch.sums + p * channels * state_->split.parts, scratch.base,
                      scratch.row);
    requantize_row(scratch.row, channels, rule, out);
  };
  if (state_->layout == Layout::kChannelsLast) {
    for (int64_t p = 0; p < shape.batch * pixels; ++p) write_pixel(p, y + p * channels);
    return;
  }
  T* tile = reinterpret_cast<T*>(scratch.tile);
  for (int64_t n = 0; n < shape.batch; ++n, y += channels * pixels)
    for (int64_t first = 0; first < pixels; first += kTile) {
      const int64_t count = std::min(kTile, pixels - first);
      for (int64_t p = 0; p < count; ++p) write_pixel(n * pixels + first + p, tile + p * channels);
      for (int64_t c = 0; c < channels; ++c)
        for (int64_t p = 0; p < count; ++p) y[c * pixels + first + p] = tile[p * channels + c];
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
