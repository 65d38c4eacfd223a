#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace qtool {

struct Column {
  std::string title;
  bool right = false;  // aligned to the right: numbers
};

/// What a command reports as rows; every row has one cell per column, in UTF-8 and of one line.
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<std::string>> rows;
};

/// Characters of a UTF-8 text: its code points. Wide and combining ones count one each.
std::size_t text_width(std::string_view text);

/// For a terminal: titles, a rule, rows; two spaces between columns and none at a line's end.
std::string to_text(const Table& table);

/// As a Markdown table; '|' in a cell is escaped.
std::string to_markdown(const Table& table);

}  // namespace qtool
