#include "base/json.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/nearest.h"

namespace qtool {
namespace {

constexpr int kDeepest = 64;  // what handles JSON calls itself for each level

// The library's message without its own number in front: "[json.exception.parse_error.101] …".
std::string message_of(const Json::exception& error) {
  const std::string_view text = error.what();
  return std::string(text.substr(std::min(text.find("] ") + 2, text.size())));
}

void append(const Json& json, int levels, const std::string& indent, std::string& text) {
  if (json.is_number_float() && !std::isfinite(json.get<float>()))
    fail("{} cannot be written as JSON", json.get<float>());
  if (json.is_number_integer() && !json.is_number_unsigned()) {
    text += fmt::format_int(json.get<int64_t>()).c_str();  // tables are made of these
    return;
  }
  if (!json.is_structured() || json.empty()) {
    text += json.dump();
    return;
  }
  const bool lines = levels > 0;
  const std::string inner = indent + "  ";
  const std::string separator = lines ? ",\n" + inner : ", ";
  text += json.is_object() ? '{' : '[';
  if (lines) text += "\n" + inner;
  for (auto it = json.begin(); it != json.end(); ++it) {
    if (it != json.begin()) text += separator;
    if (json.is_object()) text += Json(it.key()).dump() + ": ";
    append(*it, levels - 1, inner, text);
  }
  if (lines) text += "\n" + indent;
  text += json.is_object() ? '}' : ']';
}

}  // namespace

Json parse_json(std::string_view text) {
  std::vector<std::set<std::string>> open;  // keys of the objects that the parser is in
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDeepest) fail("lists and objects are nested more than {} deep", kDeepest);
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key && !open.back().insert(parsed.get<std::string>()).second)
      fail("key '{}' stands twice in one object", parsed.get<std::string>());
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), check);
  } catch (const Json::exception& error) {
    fail("not JSON: {}", message_of(error));
  }
}

std::string json_text(const Json& json, int levels) {
  std::string text;
  try {
    append(json, levels, "", text);
  } catch (const Json::exception& error) {
    fail("cannot be written as JSON: {}", message_of(error));
  }
  return text + '\n';
}

void JsonView::fail_with(std::string_view message) const {
  fail("{}{}{}", path_, path_.empty() ? "" : ": ", message);
}

void JsonView::fail_expected(std::string_view what) const {
  constexpr std::size_t kLongest = 60;
  std::string got = json_->dump(-1, ' ', false, Json::error_handler_t::replace);
  if (got.size() > kLongest)
    got = json_->is_object() ? "an object" : json_->is_array() ? "a list" : "a long text";
  fail_with(fmt::format("expected {}, got {}", what, got));
}

std::optional<JsonView> JsonView::find(const std::string& key) const {
  if (!json_->is_object()) fail_expected("an object");
  const auto it = json_->find(key);
  if (it == json_->end()) return std::nullopt;
  return JsonView(*it, path_.empty() ? key : path_ + "." + key);
}

JsonView JsonView::at(const std::string& key) const {
  const auto field = find(key);
  if (!field) fail_with(fmt::format("has no field '{}'", key));
  return *field;
}

std::vector<std::pair<std::string, JsonView>> JsonView::fields() const {
  if (!json_->is_object()) fail_expected("an object");
  std::vector<std::pair<std::string, JsonView>> result;
  for (const auto& [key, value] : json_->items())
    result.emplace_back(key, JsonView(value, path_.empty() ? key : path_ + "." + key));
  return result;
}

void JsonView::allow(const std::vector<std::string>& keys) const {
  for (const auto& [key, value] : fields())
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      fail_with(fmt::format("unknown field '{}'{}", key, did_you_mean(key, keys)));
}

std::vector<JsonView> JsonView::elements() const {
  if (!json_->is_array()) fail_expected("a list");
  std::vector<JsonView> result;
  for (std::size_t i = 0; i < json_->size(); ++i)
    result.emplace_back((*json_)[i], fmt::format("{}[{}]", path_, i));
  return result;
}

bool JsonView::flag() const {
  if (!json_->is_boolean()) fail_expected("true or false");
  return json_->get<bool>();
}

std::string JsonView::text() const {
  if (!json_->is_string()) fail_expected("a text");
  return json_->get<std::string>();
}

float JsonView::number() const {
  if (!json_->is_number()) fail_expected("a number");
  return json_->get<float>();
}

int64_t JsonView::integer(int64_t low, int64_t high) const {
  const bool too_large =
      json_->is_number_unsigned() && json_->get<uint64_t>() > uint64_t{INT64_MAX};
  if (json_->is_number_integer() && !too_large)
    if (const auto value = json_->get<int64_t>(); value >= low && value <= high) return value;
  fail_expected(fmt::format("a whole number from {} to {}", low, high));
}

}  // namespace qtool
