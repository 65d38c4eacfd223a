#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "tensor/tensor.h"

namespace qtool {

/// What stands in front of the elements of a .npy file; format as in NumPy's
/// numpy.lib.format documentation.
struct NpyHeader {
  DType dtype = DType::kUndefined;
  /// Bytes of one element. Strings all take as many: characters of 4 bytes each ("<U5") or bytes
  /// ("|S5"), and zeros behind their end.
  std::size_t item_bytes = 0;
  bool wide_characters = false;
  bool big_endian = false;
  bool fortran_order = false;  // the first axis is the fastest one
  Shape shape;
  std::size_t data_offset = 0;  // bytes before the first element
};

/// Reads the header at the start of a .npy file's bytes. Throws Error, without a file name, if it
/// is malformed or the element type is not bool, an integer, a float or a string.
NpyHeader parse_npy_header(std::string_view bytes);

/// The header of a C-order little-endian array in format 1.0, padded so that the elements start at
/// a multiple of 64. `characters` is how many each string has room for. Throws Error for element
/// types NumPy does not have.
std::string format_npy_header(DType dtype, const Shape& shape, std::size_t characters = 0);

/// The array of a whole .npy file: a view of `bytes`, which `owner` keeps alive, where elements lie
/// as a tensor wants them, else a converted copy. Throws Error, without a file name.
Tensor decode_npy(std::string_view bytes, std::shared_ptr<const void> owner);

}  // namespace qtool
