#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace qtool {

enum class TokenKind : uint8_t { kWord, kString, kSymbol, kEnd };

/// A piece of the text form: a word (name or number), a quoted string without its quotes, or one
/// of ( ) [ ] { } < > = , :
struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  int line = 1;    // from 1
  int column = 1;  // from 1, in bytes
  bool starts_line = true;

  bool is_symbol(char symbol) const { return kind == TokenKind::kSymbol && text[0] == symbol; }
  bool is_word(std::string_view word) const { return kind == TokenKind::kWord && text == word; }
};

/// The tokens of `text`; the last one is kEnd. Throws Error with line and column for a character
/// outside the alphabet or a string that does not end on its line.
std::vector<Token> tokenize(std::string_view text);

/// Whether a word may hold this character.
bool is_word_character(char c);

/// `text` between quotes, so that tokenize gives it back.
std::string quote(std::string_view text);

/// Throws Error at the place of `token`.
template <class... Args>
[[noreturn]] void fail_at(const Token& token, fmt::format_string<Args...> format, Args&&... args) {
  fail("line {}, column {}: {}", token.line, token.column,
       fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace qtool
