#include "base/utf8.h"

#include <bit>
#include <cstdint>

#include "base/error.h"

namespace qtool {
namespace {

bool is_unicode(char32_t c) { return c < 0xD800 || (c > 0xDFFF && c <= 0x10FFFF); }

// Bytes that a character takes.
int length_of(char32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

// Reads the character at `position` and moves on; by RFC 3629.
char32_t next_character(std::string_view text, std::size_t& position) {
  const auto lead = static_cast<uint8_t>(text[position++]);
  if (lead < 0x80) return lead;
  const int length = std::countl_one(lead);
  char32_t c = lead & (0x7FU >> length);
  bool valid = length >= 2 && length <= 4;
  for (int i = 1; valid && i < length; ++i) {
    valid = position < text.size() && (text[position] & 0xC0) == 0x80;
    if (valid) c = c << 6 | (static_cast<uint8_t>(text[position++]) & 0x3FU);
  }
  if (!valid || !is_unicode(c) || length_of(c) != length)
    fail("text is not UTF-8 at byte {}", position - 1);
  return c;
}

}  // namespace

std::u32string from_utf8(std::string_view text) {
  std::u32string characters;
  for (std::size_t position = 0; position < text.size();)
    characters.push_back(next_character(text, position));
  return characters;
}

std::string to_utf8(std::u32string_view text) {
  std::string bytes;
  for (const char32_t c : text) {
    if (!is_unicode(c)) fail("{:#x} is no character of Unicode", static_cast<uint32_t>(c));
    const int length = length_of(c);
    const uint32_t lead_mark = length == 1 ? 0 : 0xFF00U >> length & 0xFFU;
    for (int i = length; i-- > 0;) {
      const uint32_t payload = c >> (6 * i) & (i == length - 1 ? 0x7FU : 0x3FU);
      bytes.push_back(static_cast<char>((i == length - 1 ? lead_mark : 0x80U) | payload));
    }
  }
  return bytes;
}

}  // namespace qtool
