// How libFuzzer changes the inputs of targets that read JSON: as JSON, now and then as bytes.
#include <cstring>
#include <iterator>

#include "base/error.h"
#include "base/json.h"
#include "fuzz/alter.h"

namespace {

using namespace qtool;

// Any element of what is not empty.
Json::iterator any_of(Json& list, Random& random) {
  return std::next(list.begin(), below(static_cast<int>(list.size()), random));
}

// The value and all inside it.
void collect(Json& json, std::vector<Json*>& found) {
  found.push_back(&json);
  if (json.is_structured())
    for (Json& each : json) collect(each, found);
}

// An element or field goes, comes twice, or changes places.
void change_list(Json& list, Random& random) {
  if (list.empty()) return;
  const auto at = any_of(list, random);
  switch (below(3, random)) {
    case 0:
      list.erase(at);
      break;
    case 1:
      if (list.is_array()) list.push_back(Json(*at));
      break;
    default:
      std::swap(*at, *list.begin());
  }
}

void rename_field(Json& object, const std::string& name, Random& random) {
  if (object.empty()) return;
  const Json value = *any_of(object, random);
  object[name] = value;
}

void alter(Json& json, Random& random) {
  if (json.is_number_integer())
    json = altered(json.get<int64_t>(), random);
  else if (json.is_number_float())
    json = static_cast<float>(altered(double{json.get<float>()}, random));
  else if (json.is_string())
    json = altered(json.get<std::string>(), random);
  else if (json.is_boolean())
    json = !json.get<bool>();
  else
    change_list(json, random);
}

void mutate(Json& json, Random& random) {
  static const std::vector<Json> kOdd = {
      nullptr, true, 0, 1, -1, 0.5F, 3e38F, "", "0", Json::array(), Json::object()};
  std::vector<Json*> all;
  collect(json, all);
  Json& target = *one_of(all, random);
  const Json other = *one_of(all, random);
  switch (below(6, random)) {
    case 0:
      target = one_of(kOdd, random);
      break;
    case 1:
      target = other;
      break;
    case 2:
      if (target.is_array()) target.push_back(other);
      if (target.is_object() && other.is_string()) rename_field(target, other, random);
      break;
    default:
      alter(target, random);
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  Random random(seed);
  Json json = Json::parse(data, data + size, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || random() % 8 == 0) return LLVMFuzzerMutate(data, size, max_size);
  for (uint64_t changes = 1 + random() % 3; changes > 0; --changes) mutate(json, random);
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, text.data(), text.size());
  return text.size();
}
