#include "kernels/simd/pool.h"

#include <array>
#include <limits>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/pool.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
//
#include <hwy/highway.h>

#include "kernels/simd/lanes-inl.h"
#include "kernels/simd/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace qtool::simd::HWY_NAMESPACE {

using F = hn::ScalableTag<float>;

// Pixels of the input, by their first channels.
template <class T>
using Pixels = std::vector<const T*>;

// The pixels of x under the window of `output`.
template <class T>
void find_pixels(const Window& w, const std::array<int64_t, 3>& output, int64_t channels,
                 const T* x, Pixels<T>& pixels) {
  pixels.clear();
  std::array<int64_t, 3> k;
  const auto at = [&](std::size_t a) {
    return output[a] * w.stride[a] - w.pad_begin[a] + k[a] * w.dilation[a];
  };
  const auto inside = [&](std::size_t a) { return at(a) >= 0 && at(a) < w.input[a]; };
  for (k[0] = 0; k[0] < w.kernel[0]; ++k[0])
    for (k[1] = 0; inside(0) && k[1] < w.kernel[1]; ++k[1])
      for (k[2] = 0; inside(1) && k[2] < w.kernel[2]; ++k[2])
        if (inside(2))
          pixels.push_back(x + ((at(0) * w.input[1] + at(1)) * w.input[2] + at(2)) * channels);
}

// Calls visit(pixels, index into the output, y's pixel) for each pixel of y.
template <class T, class Visit>
void each_window(const Window& w, int64_t batch, int64_t channels, const T* x, T* y,
                 const Visit& visit) {
  Pixels<T> pixels;
  for (int64_t n = 0; n < batch; ++n, x += volume(w.input) * channels) {
    int64_t index = 0;
    for (int64_t d = 0; d < w.output[0]; ++d)
      for (int64_t h = 0; h < w.output[1]; ++h)
        for (int64_t i = 0; i < w.output[2]; ++i, y += channels) {
          find_pixels(w, {d, h, i}, channels, x, pixels);
          visit(pixels, index++, y);
        }
  }
}

template <class T>
void max_windows(const Window& w, int64_t batch, int64_t channels, const T* x, T* y) {
  using Limits = std::numeric_limits<T>;
  const T least = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  each_window(w, batch, channels, x, y, [&](const Pixels<T>& pixels, int64_t, T* to) HWY_ATTR {
    cover_row(hn::ScalableTag<T>(), channels, [&](auto d, int64_t c) HWY_ATTR {
      auto most = hn::Set(d, least);
      for (const T* pixel : pixels) {
        const auto value = hn::LoadU(d, pixel + c);
        most = hn::IfThenElse(hn::Lt(most, value), value, most);
      }
      hn::StoreU(most, d, to + c);
    });
  });
}

// Σ of channels [c, c + lanes) of the pixels.
template <class D>
HWY_INLINE hn::VFromD<D> sum(D d, const Pixels<float>& pixels, int64_t c) {
  constexpr std::size_t kPart = 64;
  auto total = hn::Zero(d);
  for (std::size_t first = 0; first < pixels.size(); first += kPart) {
    auto part = hn::Zero(d);
    const std::size_t last = std::min(first + kPart, pixels.size());
    for (std::size_t p = first; p < last; ++p) part = hn::Add(part, hn::LoadU(d, pixels[p] + c));
    total = hn::Add(total, part);
  }
  return total;
}

void AverageFloat(const Window& w, int64_t batch, int64_t channels, const int64_t* sizes,
                  const float* x, float* y) {
  each_window(w, batch, channels, x, y,
              [&](const Pixels<float>& pixels, int64_t index, float* to) HWY_ATTR {
                const auto size = static_cast<float>(sizes[index]);
                cover_row(F(), channels, [&](auto d, int64_t c) HWY_ATTR {
                  hn::StoreU(hn::Div(sum(d, pixels, c), hn::Set(d, size)), d, to + c);
                });
              });
}

template <class T>
void average_bytes(const Window& w, int64_t batch, int64_t channels, const int64_t* sizes,
                   const QuantizedMean& rule, const T* x, T* y) {
  each_window(
      w, batch, channels, x, y, [&](const Pixels<T>& pixels, int64_t index, T* to) HWY_ATTR {
        const auto size = static_cast<float>(sizes[index]);
        const auto zero = static_cast<int32_t>(pixels.size()) * rule.x_zero_point;
        cover_row(F(), channels, [&](auto d, int64_t c) HWY_ATTR {
          using D = decltype(d);
          const hn::RebindToSigned<D> d32;
          const hn::Rebind<T, D> d8;
          auto total = hn::Set(d32, -zero);
          for (const T* pixel : pixels)
            total = hn::Add(total, hn::PromoteTo(d32, hn::LoadU(d8, pixel + c)));
          const auto mean = hn::Div(hn::ConvertTo(d, total), hn::Set(d, size));
          const SaturateLanes<T, D> saturate(d, rule.y_zero_point);
          hn::StoreU(hn::DemoteTo(d8, saturate(hn::Mul(mean, hn::Set(d, rule.ratio)))), d8, to + c);
        });
      });
}

template <class T>
void average_all(int64_t batch, int64_t pixels, int64_t channels, const QuantizedMean& rule,
                 const T* x, T* y) {
  const auto zero = static_cast<int32_t>(pixels * rule.x_zero_point);
  for (int64_t n = 0; n < batch; ++n, x += pixels * channels, y += channels)
    cover_row(F(), channels, [&](auto d, int64_t c) HWY_ATTR {
      using D = decltype(d);
      const hn::RebindToSigned<D> d32;
      const hn::Rebind<T, D> d8;
      auto total = hn::Set(d32, -zero);
      for (int64_t p = 0; p < pixels; ++p)
        total = hn::Add(total, hn::PromoteTo(d32, hn::LoadU(d8, x + p * channels + c)));
      const SaturateLanes<T, D> saturate(d, rule.y_zero_point);
      const auto real = hn::Mul(hn::ConvertTo(d, total), hn::Set(d, rule.ratio));
      hn::StoreU(hn::DemoteTo(d8, saturate(real)), d8, y + c);
    });
}

void MaxU8(const Window& w, int64_t batch, int64_t channels, const uint8_t* x, uint8_t* y) {
  max_windows(w, batch, channels, x, y);
}
void MaxS8(const Window& w, int64_t batch, int64_t channels, const int8_t* x, int8_t* y) {
  max_windows(w, batch, channels, x, y);
}
void MaxFloat(const Window& w, int64_t batch, int64_t channels, const float* x, float* y) {
  max_windows(w, batch, channels, x, y);
}
void AverageU8(const Window& w, int64_t batch, int64_t channels, const int64_t* sizes,
               const QuantizedMean& rule, const uint8_t* x, uint8_t* y) {
  average_bytes(w, batch, channels, sizes, rule, x, y);
}
void AverageS8(const Window& w, int64_t batch, int64_t channels, const int64_t* sizes,
               const QuantizedMean& rule, const int8_t* x, int8_t* y) {
  average_bytes(w, batch, channels, sizes, rule, x, y);
}
void GlobalU8(int64_t batch, int64_t pixels, int64_t channels, const QuantizedMean& rule,
              const uint8_t* x, uint8_t* y) {
  average_all(batch, pixels, channels, rule, x, y);
}
void GlobalS8(int64_t batch, int64_t pixels, int64_t channels, const QuantizedMean& rule,
              const int8_t* x, int8_t* y) {
  average_all(batch, pixels, channels, rule, x, y);
}

}  // namespace qtool::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace qtool::simd {

HWY_EXPORT(MaxU8);
HWY_EXPORT(MaxS8);
HWY_EXPORT(MaxFloat);
HWY_EXPORT(AverageFloat);
HWY_EXPORT(AverageU8);
HWY_EXPORT(AverageS8);
HWY_EXPORT(GlobalU8);
HWY_EXPORT(GlobalS8);

template <>
void max_pool(const Window& w, int64_t batch, int64_t channels, const uint8_t* x, uint8_t* y) {
  HWY_DYNAMIC_DISPATCH(MaxU8)(w, batch, channels, x, y);
}
template <>
void max_pool(const Window& w, int64_t batch, int64_t channels, const int8_t* x, int8_t* y) {
  HWY_DYNAMIC_DISPATCH(MaxS8)(w, batch, channels, x, y);
}
template <>
void max_pool(const Window& w, int64_t batch, int64_t channels, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(MaxFloat)(w, batch, channels, x, y);
}
void average_pool(const Window& w, int64_t batch, int64_t channels, const int64_t* sizes,
                  const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(AverageFloat)(w, batch, channels, sizes, x, y);
}
template <>
void average_pool(const Window& w, int64_t batch, int64_t channels, const int64_t* sizes,
                  const QuantizedMean& rule, const uint8_t* x, uint8_t* y) {
  HWY_DYNAMIC_DISPATCH(AverageU8)(w, batch, channels, sizes, rule, x, y);
}
template <>
void average_pool(const Window& w, int64_t batch, int64_t channels, const int64_t* sizes,
                  const QuantizedMean& rule, const int8_t* x, int8_t* y) {
  HWY_DYNAMIC_DISPATCH(AverageS8)(w, batch, channels, sizes, rule, x, y);
}
template <>
void global_average_pool(int64_t batch, int64_t pixels, int64_t channels, const QuantizedMean& rule,
                         const uint8_t* x, uint8_t* y) {
  HWY_DYNAMIC_DISPATCH(GlobalU8)(batch, pixels, channels, rule, x, y);
}
template <>
void global_average_pool(int64_t batch, int64_t pixels, int64_t channels, const QuantizedMean& rule,
                         const int8_t* x, int8_t* y) {
  HWY_DYNAMIC_DISPATCH(GlobalS8)(batch, pixels, channels, rule, x, y);
}

}  // namespace qtool::simd
#endif
