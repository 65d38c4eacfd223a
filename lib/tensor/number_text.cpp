#include "tensor/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

double rounded_to(DType dtype, double value) {
  return *cast(cast(Tensor::scalar(value), dtype), DType::kFloat64).data<double>();
}

// The number with the fewest decimal digits that is rounded to `value`.
double shortest(double value, DType dtype) {
  for (int digits = 0; digits < 9; ++digits) {
    const double candidate = std::strtod(fmt::format("{:.{}e}", value, digits).c_str(), nullptr);
    if (rounded_to(dtype, candidate) == value) return candidate;
  }
  return value;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t first = std::min(text.find_first_not_of(kSpace), text.size());
  text.remove_prefix(first);
  text.remove_suffix(text.size() - (text.find_last_not_of(kSpace) + 1));
  return text;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

// Whether all of the text is an integer that fits T.
template <class T>
bool parse_all(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string number_text(double value, DType dtype) {
  if (std::isnan(value)) return "nan";
  std::string text = fmt::format("{}", dtype == DType::kFloat64 ? value : shortest(value, dtype));
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

double parse_number(const std::string& text) {
  const std::string word = lower(trimmed(text));
  if (word == "true") return 1;
  if (word == "false") return 0;
  char* end = nullptr;
  const double value = std::strtod(word.c_str(), &end);
  if (word.empty() || end != word.c_str() + word.size()) fail("text '{}' is no number", text);
  return value;
}

int64_t parse_integer(const std::string& text) {
  std::string_view digits = trimmed(text);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  if (int64_t value = 0; parse_all(digits, value)) return value;
  if (uint64_t value = 0; parse_all(digits, value)) return static_cast<int64_t>(value);
  const Tensor number = Tensor::scalar(parse_number(text));
  return *cast(number, DType::kInt64).data<int64_t>();
}

}  // namespace qtool
