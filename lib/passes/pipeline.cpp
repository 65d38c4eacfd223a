#include <algorithm>
#include <array>

#include "passes/pass.h"
#include "passes/passes.h"

namespace qtool {
namespace {

constexpr Pass kRemoveIdentity = {"remove_identity", "remove nodes that return their input",
                                  remove_identity};
constexpr Pass kFoldConstants = {"fold_constants", "compute nodes whose inputs are constant",
                                 fold_constants};
constexpr Pass kFoldAffine = {"fold_affine",
                              "fold Mul, Div, Add, Sub by a constant into the weights before them",
                              fold_affine};
constexpr Pass kFoldBatchNorm = {
    "fold_batch_norm", "fold BatchNormalization into the weights before it", fold_batch_norm};
constexpr Pass kRemoveDeadNodes = {
    "remove_dead_nodes", "remove nodes and constants that no output needs", remove_dead_nodes};
constexpr Pass kQdqToQoperator = {
    "qdq_to_qoperator",
    "turn float operators between DequantizeLinear and QuantizeLinear into "
    "quantized ones",
    qdq_to_qoperator};

constexpr Pass kNameValues = {"name_values", "give every value of a body a name of its own",
                              name_values};
constexpr Pass kConstantsToInitializers = {"constants_to_initializers",
                                           "turn Constant nodes into constants of the graph",
                                           constants_to_initializers};
constexpr Pass kCopyCapturedConstants = {
    "copy_captured_constants", "give bodies the constants that they read from around them",
    copy_captured_constants};
constexpr Pass kShareConstants = {"share_constants", "store equal constants once", share_constants};
constexpr Pass kFoldQuantize = {"fold_quantize",
                                "quantize constants once, and not again what is quantized already",
                                fold_quantize};
constexpr Pass kTransposeIntegers = {"transpose_integers",
                                     "transpose constants in front of their DequantizeLinear",
                                     transpose_integers};
constexpr Pass kAbsorbActivation = {
    "absorb_activation", "leave clipping to the QuantizeLinear behind it", absorb_activation};
constexpr Pass kClipIntegers = {"clip_integers",
                                "clip behind QuantizeLinear what a quantized operator can write",
                                clip_integers};

// Nodes get their names first, from the model as its author knows it. Identities go before folding,
// so that a constant shared through them stays one constant, and after it, since folding makes the
// shapes constant that no-op Reshapes need. Affine nodes stand on both sides of normalization.
constexpr std::array kPrepare = {
    Pass{"remove_initializer_inputs", "drop graph inputs that are constants",
         remove_initializer_inputs},
    Pass{"name_nodes", "give every node a name of its own", name_nodes},
    kConstantsToInitializers,
    kCopyCapturedConstants,
    kNameValues,
    kRemoveIdentity,
    Pass{"einsum_to_matmul", "turn Einsum into MatMul where it is a product of matrices",
         einsum_to_matmul},
    kFoldConstants,
    kRemoveIdentity,
    kFoldAffine,
    kFoldBatchNorm,
    kFoldAffine,
    Pass{"normalize_gemm", "fold alpha and beta of Gemm into its constants", normalize_gemm},
    kRemoveDeadNodes,
};

// Both take models of other tools too: scales may be Constant nodes, and weights floats in front of
// a QuantizeLinear. Quantized operators of constants are constants, in front of DequantizeLinear. New
// names are new in their own graph only.
constexpr std::array kQoperator = {
    kConstantsToInitializers, kCopyCapturedConstants, kFoldQuantize,
    kTransposeIntegers,       kAbsorbActivation,      kClipIntegers,
    kQdqToQoperator,          kFoldQuantize,          kNameValues,
    kShareConstants,          kRemoveDeadNodes,
};
constexpr std::array kQdq = {
    kConstantsToInitializers,
    kCopyCapturedConstants,
    kFoldQuantize,
    kTransposeIntegers,
    Pass{"qoperator_to_qdq",
         "turn quantized operators into float ones between DequantizeLinear and QuantizeLinear",
         qoperator_to_qdq},
    kNameValues,
    kShareConstants,
    kRemoveDeadNodes,
};

// What apply_plan writes is in QDQ form.
constexpr std::array kFinish = {kShareConstants, kRemoveDeadNodes};

constexpr std::array kRuntime = {
    kConstantsToInitializers,
    kCopyCapturedConstants,
    kFoldConstants,
    kRemoveIdentity,
    kTransposeIntegers,
    kAbsorbActivation,
    kClipIntegers,
    kQdqToQoperator,
    kRemoveDeadNodes,  // before folding, so that weights of quantized operators are not dequantized
    Pass{"fold_dequantize", "dequantize constants once instead of in every run", fold_dequantize},
    kFoldAffine,
    kFoldBatchNorm,
    kFoldAffine,
    Pass{"fuse_integer_matmul", "let MatMulInteger and ConvInteger scale their own output",
         fuse_integer_matmul},
    Pass{"fuse_addition", "let Conv and MatMul add to their own output", fuse_addition},
    Pass{"fuse_activation", "let Conv, Gemm and MatMul clip their own output", fuse_activation},
    Pass{"channels_to_last", "carry images with their channels last", channels_to_last},
    kRemoveDeadNodes,
};

}  // namespace

std::span<const Pass> prepare_pipeline() { return kPrepare; }
std::span<const Pass> qoperator_pipeline() { return kQoperator; }
std::span<const Pass> qdq_pipeline() { return kQdq; }
std::span<const Pass> finish_pipeline() { return kFinish; }
std::span<const Pass> runtime_pipeline() { return kRuntime; }

const Pass* find_pass(std::string_view name) {
  for (const auto pipeline :
       {prepare_pipeline(), qoperator_pipeline(), qdq_pipeline(), runtime_pipeline()})
    for (const Pass& pass : pipeline)
      if (pass.name == name) return &pass;
  return nullptr;
}

}  // namespace qtool
