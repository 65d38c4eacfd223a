#include "report/table.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"

namespace qtool {
namespace {

using Cells = std::vector<std::string>;

std::string repeat(std::string_view text, std::size_t count) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

Cells titles_of(const Table& table) {
  Cells titles;
  for (const Column& column : table.columns) titles.push_back(column.title);
  return titles;
}

// Titles and rows alike.
std::vector<Cells> lines_of(const Table& table) {
  std::vector<Cells> lines{titles_of(table)};
  lines.insert(lines.end(), table.rows.begin(), table.rows.end());
  for (const Cells& line : lines) QTOOL_ASSERT(line.size() == table.columns.size());
  return lines;
}

std::vector<std::size_t> widths_of(const std::vector<Cells>& lines) {
  std::vector<std::size_t> widths(lines.front().size());
  for (const Cells& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], text_width(line[i]));
  return widths;
}

// The cells of a line filled up to their columns' widths.
Cells pad(const Cells& line, const Table& table, const std::vector<std::size_t>& widths) {
  Cells padded;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const std::string spaces = repeat(" ", widths[i] - text_width(line[i]));
    padded.push_back(table.columns[i].right ? spaces + line[i] : line[i] + spaces);
  }
  return padded;
}

std::string text_line(const Cells& cells) {
  std::string text = fmt::format("{}", fmt::join(cells, "  "));
  text.resize(text.find_last_not_of(' ') + 1);
  return text + '\n';
}

std::string markdown_line(const Cells& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

void escape_bars(std::string& cell) {
  for (std::size_t at = 0; (at = cell.find('|', at)) != std::string::npos; at += 2)
    cell.insert(at, 1, '\\');
}

}  // namespace

std::size_t text_width(std::string_view text) {
  const auto starts_character = [](char c) { return (c & 0xc0) != 0x80; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

std::string to_text(const Table& table) {
  std::vector<Cells> lines = lines_of(table);
  const std::vector<std::size_t> widths = widths_of(lines);
  Cells rule;
  for (const std::size_t width : widths) rule.push_back(repeat("─", width));
  lines.insert(lines.begin() + 1, rule);
  std::string text;
  for (const Cells& line : lines) text += text_line(pad(line, table, widths));
  return text;
}

std::string to_markdown(const Table& table) {
  std::vector<Cells> lines = lines_of(table);
  for (Cells& line : lines) std::for_each(line.begin(), line.end(), escape_bars);
  std::vector<std::size_t> widths = widths_of(lines);
  for (std::size_t& width : widths) width = std::max<std::size_t>(width, 3);
  Cells rule;
  for (std::size_t i = 0; i < widths.size(); ++i)
    rule.push_back(repeat("-", widths[i] - 1) + (table.columns[i].right ? ':' : '-'));
  lines.insert(lines.begin() + 1, rule);
  std::string text;
  for (const Cells& line : lines) text += markdown_line(pad(line, table, widths));
  return text;
}

}  // namespace qtool
