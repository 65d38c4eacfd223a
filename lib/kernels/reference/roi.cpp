#include "kernels/reference/roi.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/reference/convert.h"

namespace qtool::reference {
namespace {

// Coordinates beyond this are not of any image.
constexpr double kFar = 1 << 30;

// Two neighbouring pixels of an axis and their weights.
struct Sample {
  int64_t low;
  int64_t high;
  double low_weight;
  double high_weight;
};

// The samples of each bin of an axis that lie in the image, and how many a bin has in all.
struct AxisBins {
  std::vector<std::vector<Sample>> samples;
  double count;
};

Sample sample_at(double place, int64_t size) {
  const auto last = static_cast<double>(size - 1);
  const double inside = std::clamp(place, 0.0, last);
  const auto low = static_cast<int64_t>(inside);
  const double part = inside - static_cast<double>(low);
  return {low, std::min(low + 1, size - 1), 1 - part, part};
}

AxisBins make_bins(const RoiAlign& rule, double start, double end, int64_t bins, int64_t size) {
  const double offset = rule.half_pixel ? 0.5 : 0;
  const double origin = start * rule.scale - offset;
  double length = end * rule.scale - offset - origin;
  if (!rule.half_pixel) length = std::fmax(length, 1);
  const double bin = length / static_cast<double>(bins);
  const double count =
      rule.sampling_ratio > 0 ? static_cast<double>(rule.sampling_ratio) : std::ceil(bin);
  AxisBins result{std::vector<std::vector<Sample>>(static_cast<std::size_t>(bins)), count};
  if (!(std::abs(origin) < kFar && std::abs(length) < kFar)) return result;
  for (int64_t b = 0; b < bins; ++b) {
    const double from = origin + static_cast<double>(b) * bin;
    const double step = bin / count;
    // Only samples that may lie in [-1, size] are looked at: a region may be very large.
    const double one = (-1 - from) / step;
    const double other = (static_cast<double>(size) - from) / step;
    const double stop = std::fmin(count, std::ceil(std::fmax(one, other)) + 1);
    for (double i = std::fmax(0, std::floor(std::fmin(one, other)) - 1); i < stop; ++i) {
      const double place = from + (i + 0.5) * step;
      if (place >= -1 && place <= static_cast<double>(size))
        result.samples[static_cast<std::size_t>(b)].push_back(sample_at(place, size));
    }
  }
  return result;
}

// Calls f(the four neighbours' weighted values) for each sample of a bin.
template <class T, class F>
void each_sample(const std::vector<Sample>& rows, const std::vector<Sample>& columns,
                 int64_t row_length, const T* x, F f) {
  for (const Sample& r : rows)
    for (const Sample& c : columns) {
      const T* const low = x + r.low * row_length;
      const T* const high = x + r.high * row_length;
      f(r.low_weight * c.low_weight * low[c.low], r.low_weight * c.high_weight * low[c.high],
        r.high_weight * c.low_weight * high[c.low], r.high_weight * c.high_weight * high[c.high]);
    }
}

template <class T>
double pool_bin(const RoiAlign& rule, const AxisBins& rows, const AxisBins& columns, int64_t row,
                int64_t column, int64_t row_length, const T* x) {
  const auto& r = rows.samples[static_cast<std::size_t>(row)];
  const auto& c = columns.samples[static_cast<std::size_t>(column)];
  if (rule.take_max) {
    // Samples outside of the image count as 0.
    const bool all =
        static_cast<double>(r.size()) * static_cast<double>(c.size()) == rows.count * columns.count;
    double largest = all && !r.empty() && !c.empty() ? -INFINITY : 0;
    each_sample(r, c, row_length, x, [&](double p, double q, double s, double t) {
      largest = std::max({largest, p, q, s, t});
    });
    return largest;
  }
  double sum = 0;
  each_sample(r, c, row_length, x,
              [&](double p, double q, double s, double t) { sum += p + q + s + t; });
  return sum / std::fmax(rows.count * columns.count, 1);
}

// Pixels [begin, end) of one bin of an axis.
struct Range {
  int64_t begin;
  int64_t end;
};
Range bin_range(int64_t start, int64_t length, int64_t bins, int64_t b, int64_t size) {
  const double bin = static_cast<double>(length) / static_cast<double>(bins);
  const auto pixel = [&](double place) {
    return std::clamp<int64_t>(convert_value<int64_t>(place) + start, 0, size);
  };
  return {pixel(std::floor(static_cast<double>(b) * bin)),
          pixel(std::ceil(static_cast<double>(b + 1) * bin))};
}

int64_t to_pixel(double coordinate) {
  return convert_value<int64_t>(std::clamp(std::round(coordinate), -kFar, kFar));
}

}  // namespace

template <class T>
void roi_align(const RoiAlign& rule, const T* roi, int64_t channels, int64_t rows, int64_t columns,
               const T* x, T* y) {
  const AxisBins vertical = make_bins(rule, roi[1], roi[3], rule.height, rows);
  const AxisBins horizontal = make_bins(rule, roi[0], roi[2], rule.width, columns);
  for (int64_t c = 0; c < channels; ++c, x += rows * columns)
    for (int64_t i = 0; i < rule.height; ++i)
      for (int64_t j = 0; j < rule.width; ++j)
        *y++ = static_cast<T>(pool_bin(rule, vertical, horizontal, i, j, columns, x));
}

template <class T>
void max_roi_pool(double scale, int64_t height, int64_t width, const T* roi, int64_t channels,
                  int64_t rows, int64_t columns, const T* x, T* y) {
  int64_t pixels[4];
  for (int i = 0; i < 4; ++i) pixels[i] = to_pixel(roi[i] * scale);
  const auto [left, top, right, bottom] = pixels;
  const int64_t across = std::max<int64_t>(right - left + 1, 1);
  const int64_t down = std::max<int64_t>(bottom - top + 1, 1);
  for (int64_t c = 0; c < channels; ++c, x += rows * columns)
    for (int64_t i = 0; i < height; ++i)
      for (int64_t j = 0; j < width; ++j) {
        const Range r = bin_range(top, down, height, i, rows);
        const Range s = bin_range(left, across, width, j, columns);
        const bool empty = r.begin >= r.end || s.begin >= s.end;
        T largest = empty ? T(0) : -std::numeric_limits<T>::infinity();
        for (int64_t row = r.begin; row < r.end; ++row)
          for (int64_t column = s.begin; column < s.end; ++column)
            largest = std::max(largest, x[row * columns + column]);
        *y++ = largest;
      }
}

template void roi_align(const RoiAlign&, const float*, int64_t, int64_t, int64_t, const float*,
                        float*);
template void roi_align(const RoiAlign&, const double*, int64_t, int64_t, int64_t, const double*,
                        double*);
template void max_roi_pool(double, int64_t, int64_t, const float*, int64_t, int64_t, int64_t,
                           const float*, float*);
template void max_roi_pool(double, int64_t, int64_t, const double*, int64_t, int64_t, int64_t,
                           const double*, double*);

}  // namespace qtool::reference
