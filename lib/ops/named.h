#pragma once

#include <array>
#include <string_view>

#include "base/error.h"

namespace qtool {

/// What a text attribute can be, and what each name stands for.
template <class T>
struct Named {
  std::string_view name;
  T value;
};

/// The value of that name. Throws Error, naming the attribute, if there is none.
template <class T, std::size_t N>
T find(const std::array<Named<T>, N>& table, std::string_view name, std::string_view attribute) {
  for (const auto& row : table)
    if (row.name == name) return row.value;
  fail("{} '{}' is not known", attribute, name);
}

}  // namespace qtool
