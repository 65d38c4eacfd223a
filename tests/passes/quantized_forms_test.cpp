#include "passes/quantized_forms.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "ops/registry.h"

namespace qtool {
namespace {

std::string full_name(const OpSpec& spec) {
  return full_op_type({.domain = std::string(spec.domain), .op_type = std::string(spec.op_type)});
}

TEST_CASE("every quantized form that an operator names is in the table, and can be run") {
  std::set<std::pair<std::string, std::string>> forms;
  for (const QuantizedForm& form : quantized_forms()) {
    INFO(form.qoperator);
    forms.emplace(form.op, form.qoperator);
    Node node;
    for (const std::string_view name : {form.op, form.qoperator}) {
      set_op(node, name);
      CHECK(full_op_type(node) == name);
      CHECK(find_op(node) != nullptr);
    }
  }
  CHECK(forms.size() == quantized_forms().size());
  for (const OpSpec& spec : all_ops()) {
    INFO(full_name(spec));
    if (spec.quant.qoperator != nullptr)
      CHECK(forms.contains({full_name(spec), spec.quant.qoperator}));
  }
}

TEST_CASE("what a form reads, in its order") {
  const auto shown = [](std::string_view inputs, std::size_t count) {
    std::string text;
    for (const Slot& slot : slots_of({"A", "B", inputs}, count)) {
      text += "qszbf"[static_cast<std::size_t>(slot.what)];
      text += slot.input == kOutput ? "y" : std::to_string(slot.input);
    }
    return text;
  };
  CHECK(shown("f0 q1 s1 z1 sy zy b2", 3) == "f0q1s1z1syzyb2");
  CHECK(shown("sy zy *", 2) == "syzyq0s0z0q1s1z1");
}

}  // namespace
}  // namespace qtool
