#include "ops/letter_case.h"

#include <locale.h>
#include <wctype.h>

#include <memory>
#include <type_traits>

#include "base/error.h"

namespace qtool {
namespace {

// One character at the head of the text. Length 1 and code -1 for a byte that starts none.
struct Character {
  int32_t code;
  std::size_t length;
};

// RFC 3629.
Character first_character(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || length > text.size()) return {-1, 1};
  int32_t code = lead & (0xFF >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<uint8_t>(text[i]);
    if ((next & 0xC0) != 0x80) return {-1, 1};
    code = code << 6 | (next & 0x3F);
  }
  return {code, length};
}

void append(std::string& text, int32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;  // bytes that follow the first
  text += static_cast<char>((0xF00 >> (more + 1) & 0xFF) | code >> (6 * more));
  for (int i = more - 1; i >= 0; --i) text += static_cast<char>(0x80 | (code >> (6 * i) & 0x3F));
}

using Locale = std::unique_ptr<std::remove_pointer_t<locale_t>, decltype(&freelocale)>;

std::string mapped(std::string_view text, wint_t (*map)(wint_t, locale_t)) {
  // POSIX leaves the mappings of other locales open; this one has all of Unicode's.
  const Locale locale(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr), freelocale);
  if (!locale) fail("the system has no locale C.UTF-8");
  std::string result;
  while (!text.empty()) {
    const Character c = first_character(text);
    if (c.code < 0)
      result += text[0];
    else
      append(result, static_cast<int32_t>(map(static_cast<wint_t>(c.code), locale.get())));
    text.remove_prefix(c.length);
  }
  return result;
}

}  // namespace

std::string to_lower(std::string_view text) { return mapped(text, towlower_l); }
std::string to_upper(std::string_view text) { return mapped(text, towupper_l); }

}  // namespace qtool
