#include "passes/quantized_forms.h"

#include <array>

namespace qtool {
namespace {

using Output = QuantizedForm::Output;

constexpr std::string_view kUnary = "q0 s0 z0 sy zy";
constexpr std::string_view kBinary = "q0 s0 z0 q1 s1 z1 sy zy";

constexpr std::array kForms = {
    QuantizedForm{"Conv", "QLinearConv", "q0 s0 z0 q1 s1 z1 sy zy b2"},
    QuantizedForm{"MatMul", "QLinearMatMul", kBinary},
    QuantizedForm{"MatMul", "com.microsoft.MatMulIntegerToFloat", "q0 q1 s0 s1 z0 z1 f2",
                  Output::kFloat},
    QuantizedForm{"Gemm", "com.microsoft.QGemm", "q0 s0 z0 q1 s1 z1 b2 sy zy", Output::kEither},
    QuantizedForm{"Add", "com.microsoft.QLinearAdd", kBinary},
    QuantizedForm{"Mul", "com.microsoft.QLinearMul", kBinary},
    QuantizedForm{"Concat", "com.microsoft.QLinearConcat", "sy zy *"},
    QuantizedForm{"Where", "com.microsoft.QLinearWhere", "f0 q1 s1 z1 q2 s2 z2 sy zy"},
    QuantizedForm{"GlobalAveragePool", "com.microsoft.QLinearGlobalAveragePool", kUnary},
    QuantizedForm{"AveragePool", "com.microsoft.QLinearAveragePool", kUnary},
    QuantizedForm{"LeakyRelu", "com.microsoft.QLinearLeakyRelu", kUnary},
    QuantizedForm{"Sigmoid", "com.microsoft.QLinearSigmoid", kUnary},
    QuantizedForm{"Softmax", "com.microsoft.QLinearSoftmax", kUnary},
    QuantizedForm{"com.microsoft.Attention", "com.microsoft.QAttention",
                  "q0 q1 f2 s0 s1 f3 z0 z1 f4", Output::kFloat},
    QuantizedForm{"com.microsoft.EmbedLayerNormalization", "com.microsoft.QEmbedLayerNormalization",
                  "f0 f1 q2 q3 q4 q5 q6 f7 s2 s3 s4 s5 s6 z2 z3 z4 z5 z6", Output::kFloat},
};

Slot::What meaning(char letter) {
  switch (letter) {
    case 'q':
      return Slot::What::kIntegers;
    case 's':
      return Slot::What::kScale;
    case 'z':
      return Slot::What::kZeroPoint;
    case 'b':
      return Slot::What::kBias;
    case 'f':
      return Slot::What::kAsIs;
  }
  QTOOL_ASSERT(false);
}

}  // namespace

std::span<const QuantizedForm> quantized_forms() { return kForms; }

std::vector<Slot> slots_of(const QuantizedForm& form, std::size_t count) {
  std::vector<Slot> slots;
  for (std::size_t at = 0; at < form.inputs.size(); at += 3) {
    if (form.inputs[at] == '*') {
      for (std::size_t i = 0; i < count; ++i)
        for (const char letter : {'q', 's', 'z'}) slots.push_back({meaning(letter), i});
    } else {
      const char of = form.inputs[at + 1];
      slots.push_back(
          {meaning(form.inputs[at]), of == 'y' ? kOutput : static_cast<std::size_t>(of - '0')});
    }
  }
  return slots;
}

void set_op(Node& node, std::string_view full_name) {
  const auto dot = full_name.rfind('.');
  node.domain = dot == full_name.npos ? "" : full_name.substr(0, dot);
  node.op_type = full_name.substr(dot == full_name.npos ? 0 : dot + 1);
}

}  // namespace qtool
