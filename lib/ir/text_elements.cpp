#include "ir/text_elements.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>

namespace qtool {

template <class T>
T parse_number(const Token& token) {
  T number{};
  const char* const end = token.text.data() + token.text.size();
  const auto result = std::from_chars(token.text.data(), end, number);
  if (token.kind != TokenKind::kWord || result.ptr != end ||
      result.ec == std::errc::invalid_argument)
    fail_at(token, "expected a number, got '{}'", token.text);
  if (result.ec != std::errc())
    fail_at(token, "{} is out of the range of {}", token.text, name(dtype_of<T>));
  return number;
}
template int64_t parse_number(const Token&);
template float parse_number(const Token&);

namespace {

std::string print_element(const std::string& text) { return quote(text); }
std::string print_element(bool value) { return value ? "1" : "0"; }
template <class T>
std::string print_element(T value) {
  return fmt::format("{}", value);
}

template <class T>
void parse_element(const Token& token, T& element) {
  element = parse_number<T>(token);
}
void parse_element(const Token& token, bool& element) {
  if (!token.is_word("0") && !token.is_word("1"))
    fail_at(token, "expected 0 or 1, got '{}'", token.text);
  element = token.text == "1";
}
void parse_element(const Token& token, std::string& element) {
  if (token.kind != TokenKind::kString) fail_at(token, "expected a string, got '{}'", token.text);
  element = token.text;
}

// Calls visit(T{}) with the C++ type of `dtype`'s elements; returns false if there is none.
template <class Visit>
bool visit_type(DType dtype, Visit visit) {
  const auto try_type = [&](auto element) {
    if (dtype_of<decltype(element)> != dtype) return false;
    visit(element);
    return true;
  };
  return try_type(float{}) || try_type(double{}) || try_type(bool{}) || try_type(uint8_t{}) ||
         try_type(int8_t{}) || try_type(uint16_t{}) || try_type(int16_t{}) ||
         try_type(uint32_t{}) || try_type(int32_t{}) || try_type(uint64_t{}) ||
         try_type(int64_t{}) || try_type(std::string{});
}

bool same(const std::string& a, const std::string& b) { return a == b; }
template <class T>
bool same(T a, T b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;  // tells 0 from -0, and NaN equals itself
}

template <class T>
std::string print_typed(std::span<const T> elements, int64_t max_elements) {
  const auto equals_first = [&](const T& element) { return same(element, elements[0]); };
  if (!elements.empty() && std::all_of(elements.begin(), elements.end(), equals_first))
    return print_element(elements[0]);
  if (static_cast<int64_t>(elements.size()) > max_elements)
    return fmt::format("<{} bytes>", elements.size_bytes());
  std::vector<std::string> texts;
  for (const T& element : elements) texts.push_back(print_element(element));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string print_hex(const Tensor& tensor, int64_t max_elements) {
  if (tensor.size() > max_elements) return fmt::format("<{} bytes>", tensor.bytes());
  const std::span bytes(static_cast<const unsigned char*>(tensor.raw()), tensor.bytes());
  return fmt::format("hex \"{:02x}\"", fmt::join(bytes, ""));
}

}  // namespace

std::string print_elements(const Tensor& tensor, int64_t max_elements) {
  std::string result;
  const bool typed = visit_type(tensor.dtype(), [&]<class T>(const T&) {
    result =
        print_typed<T>({tensor.data<T>(), static_cast<std::size_t>(tensor.size())}, max_elements);
  });
  return typed ? result : print_hex(tensor, max_elements);
}

Tensor parse_elements(DType dtype, const Shape& shape, const std::vector<Token>& elements,
                      const Token& at) {
  Tensor tensor(dtype, shape);
  const auto size = static_cast<std::size_t>(tensor.size());
  const bool fill = elements.size() == 1 && !at.is_symbol('[');
  if (!fill && elements.size() != size)
    fail_at(at, "{} elements for a tensor of {}", elements.size(), size);
  const bool typed = visit_type(dtype, [&]<class T>(const T&) {
    T* const out = tensor.mutable_data<T>();
    for (std::size_t i = 0; i < size; ++i) parse_element(elements[fill ? 0 : i], out[i]);
  });
  if (!typed) fail_at(at, "elements of type {} are written as hex", name(dtype));
  return tensor;
}

Tensor make_ramp(DType dtype, const Shape& shape, const Token& start, const Token& step) {
  Tensor tensor(dtype, shape);
  const double first = parse_number<double>(start);
  const double slope = parse_number<double>(step);
  const bool typed = visit_type(dtype, [&]<class T>(const T&) {
    if constexpr (std::is_arithmetic_v<T>) {
      T* const out = tensor.mutable_data<T>();
      for (int64_t i = 0; i < tensor.size(); ++i)
        out[i] = static_cast<T>(first + static_cast<double>(i) * slope);
    } else {
      fail_at(start, "a ramp needs numbers");
    }
  });
  if (!typed) fail_at(start, "elements of type {} are written as hex", name(dtype));
  return tensor;
}

Tensor parse_hex(DType dtype, const Shape& shape, const Token& hex) {
  if (visit_type(dtype, [](const auto&) {})) fail_at(hex, "type {} has no hex form", name(dtype));
  Tensor tensor(dtype, shape);
  if (hex.text.size() != 2 * tensor.bytes())
    fail_at(hex, "expected {} hexadecimal digits", 2 * tensor.bytes());
  auto* const out = static_cast<unsigned char*>(tensor.mutable_raw());
  for (std::size_t i = 0; i < tensor.bytes(); ++i) {
    const char* const digits = hex.text.data() + 2 * i;
    if (std::from_chars(digits, digits + 2, out[i], 16).ptr != digits + 2)
      fail_at(hex, "'{}' is no hexadecimal number", hex.text.substr(2 * i, 2));
  }
  return tensor;
}

}  // namespace qtool
