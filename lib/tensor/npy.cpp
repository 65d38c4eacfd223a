#include "tensor/npy.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/file.h"
#include "tensor/npy_format.h"

namespace qtool {
namespace {

static_assert(std::endian::native == std::endian::little);

// Distance in elements between neighbours along each axis.
Shape strides_of(const Shape& shape, bool fortran_order) {
  Shape strides(shape.size());
  int64_t step = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t axis = fortran_order ? i : shape.size() - 1 - i;
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

template <class U>
U byte_swapped(U value) {
  if constexpr (sizeof(U) == 8) return __builtin_bswap64(value);
  if constexpr (sizeof(U) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(U) == 2) return __builtin_bswap16(value);
  return value;
}

// Walks a file's elements in row-major order, whatever their order and alignment there.
template <class U>
struct Gather {
  const NpyHeader& header;
  Shape strides;
  U* out;

  void run(const char* in, std::size_t axis) {
    if (axis == header.shape.size()) {
      U value;
      std::memcpy(&value, in, sizeof(U));
      *out++ = header.big_endian ? byte_swapped(value) : value;
      return;
    }
    const int64_t step = strides[axis] * static_cast<int64_t>(sizeof(U));
    for (int64_t i = 0; i < header.shape[axis]; ++i) run(in + i * step, axis + 1);
  }
};

template <class U>
void gather(const NpyHeader& header, const char* in, Tensor& out) {
  Gather<U>{header, strides_of(header.shape, header.fortran_order),
            static_cast<U*>(out.mutable_raw())}
      .run(in, 0);
}

Tensor converted_copy(const NpyHeader& header, std::string_view data) {
  Tensor result(header.dtype, header.shape);
  if (result.size() == 0) return result;
  switch (bits(header.dtype) / 8) {
    case 1:
      gather<uint8_t>(header, data.data(), result);
      break;
    case 2:
      gather<uint16_t>(header, data.data(), result);
      break;
    case 4:
      gather<uint32_t>(header, data.data(), result);
      break;
    default:
      gather<uint64_t>(header, data.data(), result);
  }
  return result;
}

void check_data(const NpyHeader& header, std::string_view data) {
  const auto count = static_cast<std::size_t>(element_count(header.shape));
  const auto item = static_cast<std::size_t>(bits(header.dtype)) / 8;
  if (count > data.size() / item)
    fail("is truncated: {} elements of {} do not fit its {} bytes of data", to_string(header.shape),
         name(header.dtype), data.size());
  if (data.size() != count * item)
    fail("has {} bytes more than its shape {} says", data.size() - count * item,
         to_string(header.shape));
  const auto is_bool = [](char byte) { return byte == 0 || byte == 1; };
  if (header.dtype == DType::kBool && !std::all_of(data.begin(), data.end(), is_bool))
    fail("holds bool elements other than 0 and 1");
}

}  // namespace

Tensor decode_npy(std::string_view bytes, std::shared_ptr<const void> owner) {
  const NpyHeader header = parse_npy_header(bytes);
  const std::string_view data = bytes.substr(header.data_offset);
  check_data(header, data);
  const auto item = static_cast<std::size_t>(bits(header.dtype)) / 8;
  const bool in_order = !header.fortran_order || header.shape.size() < 2;
  const bool in_place = in_order && (!header.big_endian || item == 1) &&
                        reinterpret_cast<std::uintptr_t>(data.data()) % item == 0;
  if (!in_place) return converted_copy(header, data);
  return Tensor::view(header.dtype, header.shape, std::move(owner), data.data());
}

Tensor read_npy(const std::filesystem::path& path) {
  const MappedFile file(path);
  return with_context([&] { return path.string(); },
                      [&] { return decode_npy(file.text(), file.owner()); });
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  const std::string header =
      with_context([&] { return path.string(); },
                   [&] { return format_npy_header(tensor.dtype(), tensor.shape()); });
  AtomicFile file(path);
  file.write(header);
  file.write({static_cast<const char*>(tensor.raw()), tensor.bytes()});
  file.commit();
}

}  // namespace qtool
