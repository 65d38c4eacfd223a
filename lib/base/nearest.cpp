#include "base/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

namespace qtool {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool same(char a, char b) { return lower(a) == lower(b); }

// The fewest edits that make `whole`, or any part of it, from `text`.
std::size_t edits(std::string_view text, std::string_view whole, bool any_part) {
  std::vector<std::size_t> before, last(whole.size() + 1), row(whole.size() + 1);
  if (!any_part) std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= text.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= whole.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (same(text[i - 1], whole[j - 1]) ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped =
          i > 1 && j > 1 && same(text[i - 1], whole[j - 2]) && same(text[i - 2], whole[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return any_part ? *std::min_element(last.begin(), last.end()) : last.back();
}

}  // namespace

std::vector<std::string> nearest(std::string_view wanted, const std::vector<std::string>& names) {
  std::vector<std::tuple<std::size_t, std::size_t, std::string>> near;
  for (const std::string& name : names)
    if (const std::size_t to_part = edits(wanted, name, true); 3 * to_part <= wanted.size())
      near.emplace_back(to_part, edits(wanted, name, false), name);
  std::sort(near.begin(), near.end());
  std::vector<std::string> result;
  for (std::size_t i = 0; i < std::min<std::size_t>(near.size(), 3); ++i)
    result.push_back(std::get<2>(near[i]));
  return result;
}

std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& names) {
  const std::vector<std::string> near = nearest(wanted, names);
  std::string text;
  for (std::size_t i = 0; i < near.size(); ++i) {
    const bool is_last = i + 1 == near.size();
    text += fmt::format("{}'{}'", i == 0 ? "; did you mean " : is_last ? " or " : ", ", near[i]);
  }
  return text.empty() ? text : text + "?";
}

}  // namespace qtool
