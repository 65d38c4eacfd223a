#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace qtool {

/// A row of a table of names and what each stands for.
template <class T>
struct Named {
  std::string_view name;
  T value;
};

/// What the name stands for, or nothing.
template <class T, std::size_t N>
std::optional<T> find_named(const std::array<Named<T>, N>& table, std::string_view name) {
  for (const auto& row : table)
    if (row.name == name) return row.value;
  return std::nullopt;
}

/// The same. Throws Error, naming the attribute that has this text, if there is none.
template <class T, std::size_t N>
T find(const std::array<Named<T>, N>& table, std::string_view name, std::string_view attribute) {
  if (const auto value = find_named(table, name)) return *value;
  fail("{} '{}' is not known", attribute, name);
}

/// The name of a value that the table has.
template <class T, std::size_t N>
std::string_view name_of(const std::array<Named<T>, N>& table, T value) {
  for (const auto& row : table)
    if (row.value == value) return row.name;
  QTOOL_ASSERT(false);
}

/// All names, for messages: "a, b, c".
template <class T, std::size_t N>
std::string names_of(const std::array<Named<T>, N>& table) {
  std::string names;
  for (const auto& row : table) names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

}  // namespace qtool
