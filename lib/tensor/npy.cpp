#include "tensor/npy.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/atomic_file.h"
#include "base/file.h"
#include "base/utf8.h"
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

// Calls visit(element's bytes) for a file's elements in row-major order, whatever their order there.
template <class Visit>
class Walk {
 public:
  Walk(const NpyHeader& header, Visit visit)
      : header_(header), strides_(strides_of(header.shape, header.fortran_order)), visit_(visit) {}

  void run(const char* in, std::size_t axis = 0) {
    if (axis == header_.shape.size()) return visit_(in);
    const auto step = strides_[axis] * static_cast<int64_t>(header_.item_bytes);
    for (int64_t i = 0; i < header_.shape[axis]; ++i) run(in + i * step, axis + 1);
  }

 private:
  const NpyHeader& header_;
  Shape strides_;
  Visit visit_;
};

// The number at any address.
template <class U>
U read_number(const NpyHeader& header, const char* in) {
  U value;
  std::memcpy(&value, in, sizeof(U));
  return header.big_endian ? byte_swapped(value) : value;
}

template <class U>
void gather(const NpyHeader& header, const char* in, Tensor& out) {
  U* next = static_cast<U*>(out.mutable_raw());
  Walk(header, [&](const char* element) { *next++ = read_number<U>(header, element); }).run(in);
}

template <class Text>
Text without_end(Text text) {
  while (!text.empty() && text.back() == 0) text.pop_back();
  return text;
}

std::string read_string(const NpyHeader& header, const char* in) {
  if (!header.wide_characters) return without_end(std::string(in, header.item_bytes));
  std::u32string text;
  for (std::size_t i = 0; i < header.item_bytes; i += 4)
    text.push_back(read_number<uint32_t>(header, in + i));
  return to_utf8(without_end(std::move(text)));
}

void gather_strings(const NpyHeader& header, const char* in, Tensor& out) {
  auto* next = out.mutable_data<std::string>();
  Walk(header, [&](const char* element) { *next++ = read_string(header, element); }).run(in);
}

Tensor converted_copy(const NpyHeader& header, std::string_view data) {
  Tensor result(header.dtype, header.shape);
  if (result.size() == 0) return result;
  if (header.dtype == DType::kString)
    gather_strings(header, data.data(), result);
  else if (header.item_bytes == 1)
    gather<uint8_t>(header, data.data(), result);
  else if (header.item_bytes == 2)
    gather<uint16_t>(header, data.data(), result);
  else if (header.item_bytes == 4)
    gather<uint32_t>(header, data.data(), result);
  else
    gather<uint64_t>(header, data.data(), result);
  return result;
}

void check_data(const NpyHeader& header, std::string_view data) {
  const auto count = static_cast<std::size_t>(element_count(header.shape));
  const std::size_t item = header.item_bytes;
  if (item == 0 && count > 0) fail("holds strings without room for a character");
  if (count > 0 && count > data.size() / item)
    fail("is truncated: {} elements of {} do not fit its {} bytes of data", to_string(header.shape),
         name(header.dtype), data.size());
  if (data.size() != count * item)
    fail("has {} bytes more than its shape {} says", data.size() - count * item,
         to_string(header.shape));
  const auto is_bool = [](char byte) { return byte == 0 || byte == 1; };
  if (header.dtype == DType::kBool && !std::all_of(data.begin(), data.end(), is_bool))
    fail("holds bool elements other than 0 and 1");
}

// Header and elements of a tensor of strings.
std::string encode_strings(const Tensor& tensor) {
  std::vector<std::u32string> texts;
  std::size_t characters = 1;  // as NumPy does
  for (const std::string& text : tensor.to_vector<std::string>()) {
    texts.push_back(from_utf8(text));
    characters = std::max(characters, texts.back().size());
  }
  std::string bytes = format_npy_header(tensor.dtype(), tensor.shape(), characters);
  for (std::u32string& text : texts) {
    text.resize(characters);
    bytes.append(reinterpret_cast<const char*>(text.data()), 4 * characters);
  }
  return bytes;
}

// All of the file but the elements that lie in memory as they do there.
std::string encode_start(const Tensor& tensor) {
  if (tensor.dtype() == DType::kString) return encode_strings(tensor);
  return format_npy_header(tensor.dtype(), tensor.shape());
}

}  // namespace

Tensor decode_npy(std::string_view bytes, std::shared_ptr<const void> owner) {
  const NpyHeader header = parse_npy_header(bytes);
  const std::string_view data = bytes.substr(header.data_offset);
  check_data(header, data);
  const std::size_t item = header.item_bytes;
  const bool in_order = !header.fortran_order || header.shape.size() < 2;
  const bool in_place = header.dtype != DType::kString && in_order &&
                        (!header.big_endian || item == 1) &&
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
  const std::string start =
      with_context([&] { return path.string(); }, [&] { return encode_start(tensor); });
  AtomicFile file(path);
  file.write(start);
  file.write({static_cast<const char*>(tensor.raw()), tensor.bytes()});
  file.commit();
}

}  // namespace qtool
