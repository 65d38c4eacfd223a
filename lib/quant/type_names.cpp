#include "quant/type_names.h"

#include <array>

namespace qtool {
namespace {

struct Row {
  DType dtype;
  std::string_view short_name;
};

constexpr std::array<Row, 10> kRows = {{{DType::kUInt8, "u8"},
                                        {DType::kInt8, "s8"},
                                        {DType::kUInt16, "u16"},
                                        {DType::kInt16, "s16"},
                                        {DType::kUInt4, "u4"},
                                        {DType::kInt4, "s4"},
                                        {DType::kUInt2, "u2"},
                                        {DType::kInt2, "s2"},
                                        {DType::kFloat8E4M3FN, "e4m3fn"},
                                        {DType::kFloat8E5M2, "e5m2"}}};

}  // namespace

std::optional<DType> find_quant_type(std::string_view name) {
  for (const Row& row : kRows)
    if (row.short_name == name || qtool::name(row.dtype) == name) return row.dtype;
  return std::nullopt;
}

QuantRange zero_point_range(DType dtype) {
  const bool is_float = dtype == DType::kFloat8E4M3FN || dtype == DType::kFloat8E5M2;
  return is_float ? QuantRange{0, 0} : quant_range(dtype);
}

std::string quant_type_names() {
  std::string names;
  for (const Row& row : kRows) names += (names.empty() ? "" : ", ") + std::string(row.short_name);
  return names;
}

}  // namespace qtool
