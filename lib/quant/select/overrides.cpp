#include "quant/select/overrides.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/nearest.h"
#include "quant/type_names.h"

namespace qtool {
namespace {

using YamlNode = YAML::Node;

// --- values; the caller adds line and key to the messages ---

std::string scalar(const YamlNode& node) {
  if (!node.IsScalar()) fail("expected a single value");
  return node.Scalar();
}

template <class T>
T read_as(const YamlNode& node, std::string_view what) {
  T value{};
  if (!YAML::convert<T>::decode(node, value)) fail("expected {}, got '{}'", what, scalar(node));
  return value;
}

bool read_bool(const YamlNode& node) { return read_as<bool>(node, "true or false"); }

float read_number(const YamlNode& node) {
  const auto number = read_as<float>(node, "a number");
  if (!std::isfinite(number)) fail("expected a finite number, got '{}'", scalar(node));
  return number;
}

// What `find` finds under the name that stands there.
template <class Find>
auto read_name(const YamlNode& node, Find find, std::string_view known) {
  const auto found = find(scalar(node));
  if (!found) fail("expected one of {}, got '{}'", known, scalar(node));
  return *found;
}

DType read_type(const YamlNode& node) {
  return read_name(node, find_quant_type, quant_type_names());
}

Mode read_mode(const YamlNode& node) { return read_name(node, find_mode, mode_names()); }

WeightMethod read_method(const YamlNode& node) {
  return read_name(node, find_weight_method, weight_method_names());
}

int64_t read_block(const YamlNode& node) {
  const auto block = read_as<int64_t>(node, "a whole number");
  if (block < 0) fail("expected the number of elements in a block, or 0, got {}", block);
  return block;
}

void read_range(const YamlNode& node, TensorRule& rule) {
  if (!node.IsSequence() || node.size() != 2) fail("expected [smallest, largest]");
  rule.min = read_number(node[0]);
  rule.max = read_number(node[1]);
  if (*rule.min >= *rule.max) fail("the range [{}, {}] is empty", *rule.min, *rule.max);
}

void read_scale(const YamlNode& node, TensorRule& rule) {
  rule.scale = read_number(node);
  if (*rule.scale <= 0) fail("expected a positive number, got {}", *rule.scale);
}

RangeMethod read_range_method(const YamlNode& node) {
  return read_name(node, find_range_method, range_method_names());
}

// A number of the method that has one of that name.
void read_parameter(std::string_view name, const YamlNode& node, TensorRule& rule) {
  for (const RangeParameter& parameter : range_parameters()) {
    if (parameter.name != name) continue;
    const auto number = read_as<double>(node, "a number");
    if (!(number >= parameter.least && number <= parameter.most))
      fail("expected a number from {} to {}, got '{}'", parameter.least, parameter.most,
           scalar(node));
    rule.parameter = {parameter.method, number};
  }
}

// --- what may stand in a rule ---

template <class Rule>
struct Key {
  std::string_view name;
  void (*read)(const YamlNode& value, Rule& rule);
};

constexpr std::array<Key<NodeRule>, 7> kNodeKeys = {{
    {"mode", [](const YamlNode& v, NodeRule& r) { r.mode = read_mode(v); }},
    {"weight_type", [](const YamlNode& v, NodeRule& r) { r.weight_type = read_type(v); }},
    {"block", [](const YamlNode& v, NodeRule& r) { r.block = read_block(v); }},
    {"symmetric", [](const YamlNode& v, NodeRule& r) { r.symmetric = read_bool(v); }},
    {"per_channel", [](const YamlNode& v, NodeRule& r) { r.per_channel = read_bool(v); }},
    {"reduce_range", [](const YamlNode& v, NodeRule& r) { r.reduce_range = read_bool(v); }},
    {"method", [](const YamlNode& v, NodeRule& r) { r.method = read_method(v); }},
}};

constexpr std::array<Key<TensorRule>, 9> kTensorKeys = {{
    {"type", [](const YamlNode& v, TensorRule& r) { r.dtype = read_type(v); }},
    {"symmetric", [](const YamlNode& v, TensorRule& r) { r.symmetric = read_bool(v); }},
    {"range", read_range},
    {"scale", read_scale},
    {"zero_point", [](const YamlNode& v,
                      TensorRule& r) { r.zero_point = read_as<int32_t>(v, "a whole number"); }},
    {"method", [](const YamlNode& v, TensorRule& r) { r.method = read_range_method(v); }},
    {"percentile", [](const YamlNode& v, TensorRule& r) { read_parameter("percentile", v, r); }},
    {"averaging", [](const YamlNode& v, TensorRule& r) { read_parameter("averaging", v, r); }},
    {"deviations", [](const YamlNode& v, TensorRule& r) { read_parameter("deviations", v, r); }},
}};

void check(const NodeRule& rule) {
  const bool has_scheme = rule.weight_type || rule.block || rule.symmetric || rule.per_channel ||
                          rule.reduce_range || rule.method;
  if (has_scheme && (rule.mode == Mode::kFloat || rule.mode == Mode::kFloat16))
    fail("weights of mode {} do not become integers", name(*rule.mode));
}

void check(const TensorRule& rule) {
  if (rule.scale.has_value() != rule.zero_point.has_value())
    fail("scale and zero_point go together");
  if (rule.scale && (rule.min || rule.symmetric))
    fail("scale and zero_point leave nothing to range and symmetric");
  if (rule.method && (rule.scale || rule.min))
    fail("a range that is given leaves nothing to method");
  if (rule.parameter && rule.method != rule.parameter->first)
    fail("has a number of method {0}: say method: {0} too", name(rule.parameter->first));
  if (!rule.zero_point || !rule.dtype) return;
  const auto [low, high] = zero_point_range(*rule.dtype);
  if (*rule.zero_point < low || *rule.zero_point > high)
    fail("zero_point {} does not fit type {}", *rule.zero_point, name(*rule.dtype));
}

// --- maps ---

void set_pattern(NodeRule& rule, const std::string& pattern) { rule.nodes = {pattern}; }
void set_pattern(TensorRule& rule, const std::string& pattern) { rule.values = pattern; }

template <class Rule, std::size_t N>
const Key<Rule>& find_key(const std::array<Key<Rule>, N>& keys, const std::string& name) {
  std::vector<std::string> known;
  for (const Key<Rule>& key : keys) {
    if (key.name == name) return key;
    known.emplace_back(key.name);
  }
  fail("unknown key{}", did_you_mean(name, known));
}

class OverridesReader {
 public:
  explicit OverridesReader(std::string file) : file_(std::move(file)) {}

  void read(const YamlNode& document);
  /// Where it is in the file: "overrides.yaml, line 3".
  std::string place() const { return fmt::format("{}, line {}", file_, line_); }
  void move_to(int line) { line_ = line; }

  Overrides overrides;

 private:
  template <class Visit>
  void for_each_entry(const YamlNode& map, Visit visit);
  template <class Rule, std::size_t N>
  void read_rules(const YamlNode& map, const std::array<Key<Rule>, N>& keys,
                  std::vector<Rule>& rules);
  template <class Rule, std::size_t N>
  Rule read_rule(const YamlNode& map, const std::array<Key<Rule>, N>& keys);

  std::string file_;
  int line_ = 1;
};

// Calls visit(key, value) for what stands in a map, in its order.
template <class Visit>
void OverridesReader::for_each_entry(const YamlNode& map, Visit visit) {
  if (!map.IsMap()) fail("expected a map");
  std::map<std::string, int> lines;
  for (const auto& entry : map) {
    move_to(entry.first.Mark().line + 1);
    const std::string key = scalar(entry.first);
    with_context([&] { return key; },
                 [&] {
                   const auto [it, is_new] = lines.emplace(key, line_);
                   if (!is_new) fail("stands in line {} too", it->second);
                   visit(key, entry.second);
                 });
  }
}

template <class Rule, std::size_t N>
Rule OverridesReader::read_rule(const YamlNode& map, const std::array<Key<Rule>, N>& keys) {
  Rule rule{.origin = place()};
  const int line = line_;
  for_each_entry(map, [&](const std::string& key, const YamlNode& value) {
    find_key(keys, key).read(value, rule);
  });
  move_to(line);
  if (map.size() == 0) fail("says nothing");
  check(rule);
  return rule;
}

template <class Rule, std::size_t N>
void OverridesReader::read_rules(const YamlNode& map, const std::array<Key<Rule>, N>& keys,
                                 std::vector<Rule>& rules) {
  for_each_entry(map, [&](const std::string& pattern, const YamlNode& value) {
    rules.push_back(read_rule(value, keys));
    set_pattern(rules.back(), pattern);
  });
}

void OverridesReader::read(const YamlNode& document) {
  for_each_entry(document, [&](const std::string& key, const YamlNode& value) {
    if (key == "nodes")
      read_rules(value, kNodeKeys, overrides.rules);
    else if (key == "tensors")
      read_rules(value, kTensorKeys, overrides.tensor_rules);
    else
      fail("unknown key; there are nodes and tensors");
  });
}

/// Hears of a document and does nothing.
class Deaf final : public YAML::EventHandler {
  using Mark = YAML::Mark;
  using Text = std::string;
  void OnDocumentStart(const Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const Mark&, YAML::anchor_t) override {}
  void OnAlias(const Mark&, YAML::anchor_t) override {}
  void OnScalar(const Mark&, const Text&, YAML::anchor_t, const Text&) override {}
  void OnSequenceStart(const Mark&, const Text&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const Mark&, const Text&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// YAML::Load leaves alone what follows the first document, and YAML::LoadAll never ends if that is
// none.
void require_one_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Deaf handler;
  if (!parser.HandleNextDocument(handler) || parser) fail("expected one document");
}

}  // namespace

Overrides parse_overrides(std::string_view text, const std::string& file) {
  OverridesReader reader(file);
  with_context([&] { return reader.place(); },
               [&] {
                 try {
                   require_one_document(std::string(text));
                   reader.read(YAML::Load(std::string(text)));
                 } catch (const YAML::Exception& error) {
                   reader.move_to(error.mark.line + 1);
                   fail("not YAML: {}", error.msg);
                 }
               });
  return std::move(reader.overrides);
}

Overrides read_overrides(const std::filesystem::path& path) {
  return parse_overrides(MappedFile(path).text(), path.string());
}

}  // namespace qtool
