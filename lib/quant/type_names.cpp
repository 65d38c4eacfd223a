#include "quant/type_names.h"

#include "base/named.h"

namespace qtool {
namespace {

constexpr std::array<Named<DType>, 10> kTypes = {{{"u8", DType::kUInt8},
                                                  {"s8", DType::kInt8},
                                                  {"u16", DType::kUInt16},
                                                  {"s16", DType::kInt16},
                                                  {"u4", DType::kUInt4},
                                                  {"s4", DType::kInt4},
                                                  {"u2", DType::kUInt2},
                                                  {"s2", DType::kInt2},
                                                  {"e4m3fn", DType::kFloat8E4M3FN},
                                                  {"e5m2", DType::kFloat8E5M2}}};

}  // namespace

std::optional<DType> find_quant_type(std::string_view name) {
  for (const auto& [short_name, dtype] : kTypes)
    if (short_name == name || qtool::name(dtype) == name) return dtype;
  return std::nullopt;
}

QuantRange zero_point_range(DType dtype) {
  const bool is_float = dtype == DType::kFloat8E4M3FN || dtype == DType::kFloat8E5M2;
  return is_float ? QuantRange{0, 0} : quant_range(dtype);
}

std::string quant_type_names() { return names_of(kTypes); }

}  // namespace qtool
