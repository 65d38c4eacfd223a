#pragma once

#include <string>
#include <string_view>

namespace qtool {

/// The characters of UTF-8 text. Throws Error if it is none.
std::u32string from_utf8(std::string_view text);

/// The characters as UTF-8. Throws Error if one is not of Unicode (a surrogate, over 0x10FFFF).
std::string to_utf8(std::u32string_view text);

}  // namespace qtool
