#include "base/utf8.h"

#include <catch2/catch_test_macros.hpp>

#include "error_of.h"

using namespace qtool;

TEST_CASE("characters and UTF-8 are turned into each other") {
  // The first and last characters of each length, from the table in RFC 3629.
  const std::pair<std::u32string, std::string> pairs[] = {
      {U"", ""},
      {{0}, std::string(1, '\0')},
      {U"\x7F", "\x7F"},
      {U"\x80", "\xC2\x80"},
      {U"\x7FF", "\xDF\xBF"},
      {U"\x800", "\xE0\xA0\x80"},
      {U"\xD7FF\xE000\xFFFF", "\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"},
      {U"\x10000", "\xF0\x90\x80\x80"},
      {U"a\x10FFFFz", "a\xF4\x8F\xBF\xBFz"},
  };
  for (const auto& [characters, bytes] : pairs) {
    CHECK(from_utf8(bytes) == characters);
    CHECK(to_utf8(characters) == bytes);
  }
}

TEST_CASE("what is no UTF-8 is refused with its place") {
  const std::string bad[] = {
      "\x80",
      "\xC2",
      "\xC2z",
      "\xE2\x82",
      "\xFF",
      "\xC1\xBF",          // too long for U+7F
      "\xE0\x9F\xBF",      // too long for U+7FF
      "\xED\xA0\x80",      // a surrogate
      "\xF4\x90\x80\x80",  // over U+10FFFF
      "\xF8\x88\x80\x80\x80",
  };
  for (const std::string& text : bad) {
    CAPTURE(text);
    CHECK(error_of([&] { from_utf8("ok" + text); }).starts_with("text is not UTF-8 at byte "));
  }
  CHECK(error_of([&] { from_utf8("ok\xFF"); }) == "text is not UTF-8 at byte 2");
  CHECK(error_of([&] { to_utf8(U"\x110000"); }) == "0x110000 is no character of Unicode");
}
