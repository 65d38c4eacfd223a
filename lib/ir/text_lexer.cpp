#include "ir/text_lexer.h"

#include <charconv>

namespace qtool {
namespace {

constexpr std::string_view kSymbols = "()[]{}<>=,:";

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    do {
      skip_blanks();
      tokens.push_back(next());
    } while (tokens.back().kind != TokenKind::kEnd);
    return tokens;
  }

 private:
  bool done() const { return at_ == text_.size(); }

  void skip_blanks() {
    for (; !done(); ++at_) {
      if (text_[at_] == '#') at_ = std::min(text_.find('\n', at_), text_.size());
      if (done()) return;
      if (text_[at_] == '\n') {
        ++line_;
        line_begin_ = at_ + 1;
        starts_line_ = true;
      } else if (text_[at_] != ' ' && text_[at_] != '\t' && text_[at_] != '\r') {
        return;
      }
    }
  }

  Token next() {
    Token token{TokenKind::kEnd, "", line_, static_cast<int>(at_ - line_begin_) + 1,
                done() || starts_line_};
    starts_line_ = false;
    if (done()) return token;
    if (text_[at_] == '"') {
      token.kind = TokenKind::kString;
      token.text = string(token);
    } else if (kSymbols.find(text_[at_]) != std::string_view::npos) {
      token.kind = TokenKind::kSymbol;
      token.text = text_[at_++];
    } else {
      token.kind = TokenKind::kWord;
      while (!done() && is_word_character(text_[at_])) token.text += text_[at_++];
      if (token.text.empty()) fail_at(token, "unexpected character '{}'", text_[at_]);
    }
    return token;
  }

  std::string string(const Token& start) {
    std::string result;
    for (++at_; !done() && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        return result;
      }
      result += text_[at_] == '\\' ? escape(start) : text_[at_];
    }
    fail_at(start, "the string does not end on its line");
  }

  // Reads what follows a backslash and stops at its last character.
  char escape(const Token& start) {
    const std::string_view rest = text_.substr(++at_, 3);
    if (rest.starts_with('n')) return '\n';
    if (rest.starts_with('t')) return '\t';
    if (rest.starts_with('"') || rest.starts_with('\\')) return rest[0];
    unsigned char byte = 0;
    if (rest.size() == 3 && rest[0] == 'x' &&
        std::from_chars(rest.data() + 1, rest.data() + 3, byte, 16).ptr == rest.data() + 3) {
      at_ += 2;
      return static_cast<char>(byte);
    }
    fail_at(start, "the string holds an unknown escape");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_begin_ = 0;
  int line_ = 1;
  bool starts_line_ = true;
};

}  // namespace

std::vector<Token> tokenize(std::string_view text) { return Lexer(text).run(); }

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_/.+-?").find(c) != std::string_view::npos;
}

std::string quote(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      result += {'\\', c};
    else if (c == '\n')
      result += "\\n";
    else if (c == '\t')
      result += "\\t";
    else if (static_cast<unsigned char>(c) < 0x20)
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      result += c;
  }
  return result + '"';
}

}  // namespace qtool
