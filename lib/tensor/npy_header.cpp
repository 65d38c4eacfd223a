#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "tensor/npy_format.h"

namespace qtool {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxRank = 64;  // NumPy's own limit
constexpr std::string_view kHint =
    "save numbers instead, e.g. np.save(path, array.astype(np.float32))";

constexpr std::string_view kWide = "U";  // a string of so many characters of 4 bytes

struct TypeRow {
  std::string_view code;  // kind and bytes of one element; of strings the kind alone
  DType dtype;
};
constexpr TypeRow kTypes[] = {
    {"b1", DType::kBool},    {"i1", DType::kInt8},    {"i2", DType::kInt16},
    {"i4", DType::kInt32},   {"i8", DType::kInt64},   {"u1", DType::kUInt8},
    {"u2", DType::kUInt16},  {"u4", DType::kUInt32},  {"u8", DType::kUInt64},
    {"f2", DType::kFloat16}, {"f4", DType::kFloat32}, {"f8", DType::kFloat64},
    {kWide, DType::kString}, {"S", DType::kString},
};

// Reads the only form a header may have: {'key': value, ...} with the three known keys.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      read_entry();
      if (!accept(',') && !peek('}')) malformed("',' or '}'");
    }
    skip_space();
    if (!rest().empty()) malformed("nothing more");
    if (!type_ || !order_ || !shape_) malformed("'descr', 'fortran_order' and 'shape'");
    return {.dtype = type_->dtype,
            .item_bytes = item_bytes_,
            .wide_characters = type_->code == kWide,
            .big_endian = big_endian_,
            .fortran_order = *order_,
            .shape = std::move(*shape_)};
  }

 private:
  std::size_t size() const { return text_.size(); }
  std::string_view rest() const { return text_.substr(position_); }

  [[noreturn]] void malformed(std::string_view expected) const {
    fail("malformed .npy header: expected {} at character {}", expected, position_);
  }

  void skip_space() { position_ = std::min(text_.find_first_not_of(" \t\r\n", position_), size()); }

  bool peek(char c) {
    skip_space();
    return rest().substr(0, 1) == std::string_view(&c, 1);
  }
  bool accept(char c) {
    const bool there = peek(c);
    if (there) ++position_;
    return there;
  }
  void expect(char c) {
    if (!accept(c)) malformed(fmt::format("'{}'", c));
  }
  bool accept_word(std::string_view word) {
    skip_space();
    if (rest().substr(0, word.size()) != word) return false;
    position_ += word.size();
    return true;
  }

  std::string_view quoted() {
    const char quote = peek('"') ? '"' : '\'';
    expect(quote);
    const std::size_t start = position_;
    while (position_ < size() && text_[position_] != quote && text_[position_] >= ' ' &&
           text_[position_] <= '~')
      ++position_;
    const std::string_view result = text_.substr(start, position_ - start);
    if (position_ >= size() || text_[position_++] != quote) malformed("the end of a string");
    return result;
  }

  void read_entry() {
    const std::string_view key = quoted();
    expect(':');
    if (key == "descr" && !type_)
      read_type();
    else if (key == "fortran_order" && !order_)
      read_order();
    else if (key == "shape" && !shape_)
      read_shape();
    else
      fail("malformed .npy header: key '{}' is unknown or there twice", key);
  }

  void read_type() {
    if (peek('[') || peek('(')) fail("holds records of several fields; {}", kHint);
    const std::string_view descr = quoted();
    if (descr.find('O') == 1) fail("holds Python objects; {}", kHint);
    for (const TypeRow& row : kTypes)
      if (!descr.empty() && set_item_bytes(descr.substr(1), row)) type_ = row;
    if (!type_ || std::string_view("<>|=").find(descr[0]) == std::string_view::npos)
      fail("holds elements of type '{}', which qtool does not read; {}", descr, kHint);
    big_endian_ = descr[0] == '>';
  }

  // Whether `code` is the row's type; then item_bytes_ is what one element takes.
  bool set_item_bytes(std::string_view code, const TypeRow& row) {
    if (row.dtype != DType::kString) {
      if (code == row.code) item_bytes_ = static_cast<std::size_t>(bits(row.dtype)) / 8;
      return code == row.code;
    }
    if (!code.starts_with(row.code)) return false;
    uint32_t length = 0;
    const char* end = code.data() + code.size();
    const auto result = std::from_chars(code.data() + row.code.size(), end, length);
    item_bytes_ = std::size_t{length} * (row.code == kWide ? 4 : 1);
    return result.ec == std::errc() && result.ptr == end;
  }

  void read_order() {
    if (accept_word("True"))
      order_ = true;
    else if (accept_word("False"))
      order_ = false;
    else
      malformed("True or False");
  }

  void read_shape() {
    expect('(');
    shape_.emplace();
    while (!accept(')')) {
      shape_->push_back(number());
      if (shape_->size() > kMaxRank) fail("has more than {} axes", kMaxRank);
      if (!accept(',') && (shape_->size() == 1 || !peek(')'))) malformed("','");
    }
  }

  int64_t number() {
    skip_space();
    int64_t value = 0;
    const char* end = text_.data() + size();
    const auto result = std::from_chars(text_.data() + position_, end, value);
    if (result.ec != std::errc() || value < 0) malformed("a size of 63 bits at most");
    position_ = static_cast<std::size_t>(result.ptr - text_.data());
    return value;
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::optional<TypeRow> type_;
  std::size_t item_bytes_ = 0;
  bool big_endian_ = false;
  std::optional<bool> order_;
  std::optional<Shape> shape_;
};

// An unsigned little-endian number.
std::size_t little_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

}  // namespace

NpyHeader parse_npy_header(std::string_view bytes) {
  const std::size_t version_end = kMagic.size() + 2;
  if (bytes.substr(0, kMagic.size()) != kMagic) fail("is not a .npy file");
  if (bytes.size() < version_end) fail("is truncated inside its header");
  const int major = bytes[kMagic.size()], minor = bytes[kMagic.size() + 1];
  if (major < 1 || major > 3 || minor != 0) fail("has unknown .npy format {}.{}", major, minor);

  const std::size_t length_bytes = major == 1 ? 2 : 4;
  const std::size_t start = version_end + length_bytes;
  if (bytes.size() < start) fail("is truncated inside its header");
  const std::size_t length = little_endian(bytes.substr(version_end, length_bytes));
  if (length > bytes.size() - start) fail("is truncated inside its header");

  NpyHeader header = HeaderParser(bytes.substr(start, length)).parse();
  header.data_offset = start + length;
  return header;
}

std::string format_npy_header(DType dtype, const Shape& shape, std::size_t characters) {
  const auto* row = std::find_if(std::begin(kTypes), std::end(kTypes),
                                 [&](const TypeRow& type) { return type.dtype == dtype; });
  if (row == std::end(kTypes)) fail("NumPy has no type {}", name(dtype));
  std::string code(row->code);
  if (dtype == DType::kString) code += std::to_string(characters);
  std::string text = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                 bits(dtype) == 8 ? '|' : '<', code, fmt::join(shape, ", "),
                                 shape.size() == 1 ? "," : "");

  const std::size_t start = kMagic.size() + 4;
  const std::size_t padding = 63 - (start + text.size()) % 64;
  text.append(padding, ' ').push_back('\n');
  std::string header(kMagic);
  header +=
      {'\x01', '\x00', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return header + text;
}

}  // namespace qtool
