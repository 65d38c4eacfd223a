#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace qtool::reference {

using Extents = std::vector<int64_t>;

/// Elements to step in a row-major array of shape `dims` for one step along each axis.
Extents row_major_strides(const Extents& dims);
/// Strides that make an array of shape `from` look like `to`: 0 on the axes that are repeated.
/// `from` must be broadcastable to `to` by ONNX's (NumPy's) rule.
Extents broadcast_strides(const Extents& from, const Extents& to);

/// Drops axes of size 1 and merges neighbours over which every operand moves evenly. At least one
/// axis is left.
void simplify_loop(Extents& dims, std::vector<Extents>& strides);

/// A loop over all indices of `dims`, in which operand i moves by strides[i][axis] elements. Rows
/// are as long as the operands' layouts allow: one for arrays of equal shape.
template <std::size_t N>
class StridedLoop {
 public:
  using Offsets = std::array<int64_t, N>;

  StridedLoop(Extents dims, const std::array<Extents, N>& strides) {
    std::vector<Extents> all(strides.begin(), strides.end());
    simplify_loop(dims, all);
    row_length_ = dims.back();
    dims.pop_back();
    outer_ = dims;
    for (std::size_t i = 0; i < N; ++i) {
      row_strides_[i] = all[i].back();
      strides_[i] = all[i];
    }
  }

  int64_t row_length() const { return row_length_; }
  const Offsets& row_strides() const { return row_strides_; }

  /// Calls row(offsets of the row's first elements), in row-major order.
  template <class Row>
  void each_row(Row row) const {
    int64_t rows = row_length_ == 0 ? 0 : 1;
    for (const int64_t dim : outer_) rows *= dim;
    Extents index(outer_.size(), 0);
    Offsets offsets{};
    for (; rows > 0; --rows) {
      row(offsets);
      advance(index, offsets);
    }
  }

 private:
  void advance(Extents& index, Offsets& offsets) const {
    for (std::size_t axis = outer_.size(); axis-- > 0;) {
      const bool carry = ++index[axis] == outer_[axis];
      for (std::size_t i = 0; i < N; ++i)
        offsets[i] += strides_[i][axis] * (carry ? 1 - outer_[axis] : 1);
      if (!carry) return;
      index[axis] = 0;
    }
  }

  Extents outer_;
  std::array<Extents, N> strides_;
  int64_t row_length_ = 1;
  Offsets row_strides_{};
};

}  // namespace qtool::reference
