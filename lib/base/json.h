#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qtool {

/// JSON whose fields keep their order and whose numbers with a point are floats, written with as
/// few digits as bring back the same bits.
using Json = nlohmann::basic_json<nlohmann::ordered_map, std::vector, std::string, bool, int64_t,
                                  uint64_t, float>;

/// Reads JSON. Throws Error with line and column for what is none, for a number that no float
/// holds, for a key that stands twice in one object, and for nesting deeper than 64.
Json parse_json(std::string_view text);

/// Writes JSON with the outer `levels` of lists and objects broken into lines, one element a line,
/// and a line break at the end. Throws Error for NaN, Inf and text that is not UTF-8.
std::string json_text(const Json& json, int levels);

/// A part of a JSON file and the way to it, e.g. "tensors[3].scale", with which every message of an
/// Error begins: "tensors[3].scale: expected a positive number, got -1". Valid as long as the Json.
class JsonView {
 public:
  explicit JsonView(const Json& json, std::string path = {})
      : json_(&json), path_(std::move(path)) {}

  const Json& json() const { return *json_; }
  /// Throws the Error "<path>: expected <what>, got <the JSON, shortened>".
  [[noreturn]] void fail_expected(std::string_view what) const;
  /// Throws the Error "<path>: <message>".
  [[noreturn]] void fail_with(std::string_view message) const;

  /// Fields of an object: one that must be there, one that may, all of them in their order.
  JsonView at(const std::string& key) const;
  std::optional<JsonView> find(const std::string& key) const;
  std::vector<std::pair<std::string, JsonView>> fields() const;
  /// Throws Error, with the nearest known one, for a field that is none of `keys`.
  void allow(const std::vector<std::string>& keys) const;
  /// Elements of a list.
  std::vector<JsonView> elements() const;

  std::string text() const;
  bool flag() const;
  float number() const;
  /// A whole number from `low` to `high`.
  int64_t integer(int64_t low, int64_t high) const;

 private:
  const Json* json_;
  std::string path_;
};

}  // namespace qtool
