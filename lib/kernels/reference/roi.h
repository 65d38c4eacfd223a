#pragma once

#include <cstdint>

namespace qtool::reference {

/// What RoIAlign makes of the regions of an image.
struct RoiAlign {
  int64_t height;          // of the output
  int64_t width;           // of the output
  int64_t sampling_ratio;  // samples along each axis of a bin; 0: one a pixel, or less
  double scale;            // of coordinates
  bool half_pixel;         // pixels' centers lie at their indices
  bool take_max;           // of the samples' largest weighted neighbours, else the mean
};

/// y [channels, height, width] from one region [x1, y1, x2, y2] of an image x [channels, rows,
/// columns]: He et al., "Mask R-CNN", 2017. Float and double.
template <class T>
void roi_align(const RoiAlign& rule, const T* roi, int64_t channels, int64_t rows, int64_t columns,
               const T* x, T* y);

/// y [channels, height, width]: the maxima of the bins of a region [x1, y1, x2, y2], whose ends are
/// part of it, of an image x [channels, rows, columns]; 0 for an empty bin. Coordinates are scaled
/// and rounded to pixels. Girshick, "Fast R-CNN", 2015.
template <class T>
void max_roi_pool(double scale, int64_t height, int64_t width, const T* roi, int64_t channels,
                  int64_t rows, int64_t columns, const T* x, T* y);

}  // namespace qtool::reference
