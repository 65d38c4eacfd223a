#include "kernels/simd/winograd.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/winograd.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include <hwy/highway.h>

#include "kernels/simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {

template <class V>
using Four = std::array<V, 4>;

// Bᵀ d of a column d.
template <class V>
HWY_INLINE Four<V> transform_input(const Four<V>& d) {
  return {hn::Sub(d[0], d[2]), hn::Add(d[1], d[2]), hn::Sub(d[2], d[1]), hn::Sub(d[1], d[3])};
}

// Aᵀ m of a column m.
template <class V>
HWY_INLINE std::array<V, 2> transform_output(const Four<V>& m) {
  const V sum = hn::Add(m[1], m[2]);
  const V difference = hn::Sub(m[1], m[2]);
  return {hn::Add(m[0], sum), hn::Sub(difference, m[3])};
}

void WinogradInput(const WinogradTiles& tiles, int64_t channels, const int16_t* x, int16_t* v) {
  const int64_t line = tiles.input_width() * channels;
  const int64_t plane = tiles.count() * channels;
  for (int64_t row = 0; row < tiles.rows(); ++row)
    for (int64_t column = 0; column < tiles.columns(); ++column, v += channels) {
      const int16_t* from = x + 2 * row * line + 2 * column * channels;
      cover_row(hn::ScalableTag<int16_t>(), channels, [&](auto d, int64_t c) HWY_ATTR {
        using V = hn::VFromD<decltype(d)>;
        Four<Four<V>> columns;
        for (int64_t j = 0; j < 4; ++j) {
          const int16_t* at = from + j * channels + c;
          columns[j] =
              transform_input<V>({hn::LoadU(d, at), hn::LoadU(d, at + line),
                                  hn::LoadU(d, at + 2 * line), hn::LoadU(d, at + 3 * line)});
        }
        for (int64_t i = 0; i < 4; ++i) {
          const Four<V> result =
              transform_input<V>({columns[0][i], columns[1][i], columns[2][i], columns[3][i]});
          for (int64_t j = 0; j < 4; ++j) hn::StoreU(result[j], d, v + (4 * i + j) * plane + c);
        }
      });
    }
}

void WinogradOutput(const WinogradTiles& tiles, int64_t channels, const int32_t* m, int32_t* y) {
  const hn::ScalableTag<int32_t> d;
  using V = hn::VFromD<decltype(d)>;
  const int64_t plane = tiles.count() * channels;
  for (int64_t row = 0; row < tiles.rows(); ++row)
    for (int64_t column = 0; column < tiles.columns(); ++column, m += channels) {
      int32_t* const to = y + (2 * row * tiles.width + 2 * column) * channels;
      const bool is_last_row = 2 * row + 1 == tiles.height;
      const bool is_last_column = 2 * column + 1 == tiles.width;
      for (int64_t c = 0; c < channels; c += static_cast<int64_t>(hn::Lanes(d))) {
        Four<std::array<V, 2>> columns;
        for (int64_t j = 0; j < 4; ++j) {
          const int32_t* at = m + j * plane + c;
          columns[j] =
              transform_output<V>({hn::LoadU(d, at), hn::LoadU(d, at + 4 * plane),
                                   hn::LoadU(d, at + 8 * plane), hn::LoadU(d, at + 12 * plane)});
        }
        for (int64_t i = 0; i < (is_last_row ? 1 : 2); ++i) {
          const std::array<V, 2> result =
              transform_output<V>({columns[0][i], columns[1][i], columns[2][i], columns[3][i]});
          int32_t* const at = to + i * tiles.width * channels + c;
          hn::StoreU(hn::ShiftRight<2>(result[0]), d, at);
          if (!is_last_column) hn::StoreU(hn::ShiftRight<2>(result[1]), d, at + channels);
        }
      }
    }
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qtool::simd {
namespace {

// G g of a column g.
std::array<int32_t, 4> transform_weight(int32_t a, int32_t b, int32_t c) {
  return {2 * a, a + b + c, a - b + c, 2 * c};
}

}  // namespace

HWY_EXPORT(WinogradInput);
HWY_EXPORT(WinogradOutput);

bool suits_winograd(const ConvShape& shape, const int32_t* weight) {
  constexpr int64_t kFewest = 32;              // channels: or transforming takes too long
  constexpr int64_t kMost = int64_t{1} << 17;  // weights: or reading them does
  const Window& w = shape.window;
  const Window::Sizes ones(3, 1);
  const int64_t taps = 9 * shape.in_channels;
  if (w.rank != 2 || w.kernel != Window::Sizes{1, 3, 3} || w.stride != ones || w.dilation != ones ||
      shape.groups != 1 || std::min(shape.in_channels, shape.out_channels) < kFewest ||
      shape.in_channels * shape.out_channels > kMost)
    return false;
  for (int64_t c = 0; c < shape.out_channels; ++c) {
    int64_t sum = 0;
    for (int64_t i = 0; i < taps; ++i) sum += std::abs(weight[c * taps + i]);
    if (4 * 255 * sum >= int64_t{1} << 31) return false;
  }
  return true;
}

std::vector<int32_t> winograd_weight(const ConvShape& shape, const int32_t* weight) {
  const int64_t plane = shape.out_channels * shape.in_channels;
  std::vector<int32_t> result(static_cast<std::size_t>(kWinograd * plane));
  for (int64_t filter = 0; filter < plane; ++filter) {
    const int32_t* g = weight + 9 * filter;
    std::array<std::array<int32_t, 4>, 3> columns;
    for (std::size_t j = 0; j < 3; ++j) columns[j] = transform_weight(g[j], g[3 + j], g[6 + j]);
    for (std::size_t i = 0; i < 4; ++i) {
      const auto row = transform_weight(columns[0][i], columns[1][i], columns[2][i]);
      for (std::size_t j = 0; j < 4; ++j)
        result[(4 * i + j) * static_cast<std::size_t>(plane) + static_cast<std::size_t>(filter)] =
            row[j];
    }
  }
  return result;
}

void winograd_input(const WinogradTiles& tiles, int64_t channels, const int16_t* x, int16_t* v) {
  HWY_DYNAMIC_DISPATCH(WinogradInput)(tiles, channels, x, v);
}
void winograd_output(const WinogradTiles& tiles, int64_t channels, const int32_t* m, int32_t* y) {
  HWY_DYNAMIC_DISPATCH(WinogradOutput)(tiles, channels, m, y);
}

}  // namespace qtool::simd
#endif
