#include <algorithm>
#include <array>

#include "passes/pass.h"
#include "passes/passes.h"

namespace qtool {
namespace {

constexpr Pass kRemoveIdentity = {"remove_identity", "remove nodes that return their input",
                                  remove_identity};
constexpr Pass kFoldAffine = {"fold_affine",
                              "fold Mul, Div, Add, Sub by a constant into the weights before them",
                              fold_affine};

// Nodes get their names first, from the model as its author knows it. Identities go before folding,
// so that a constant shared through them stays one constant, and after it, since folding makes the
// shapes constant that no-op Reshapes need. Affine nodes stand on both sides of normalization.
constexpr std::array kPrepare = {
    Pass{"remove_initializer_inputs", "drop graph inputs that are constants",
         remove_initializer_inputs},
    Pass{"name_nodes", "give every node a name of its own", name_nodes},
    Pass{"constants_to_initializers", "turn Constant nodes into constants of the graph",
         constants_to_initializers},
    kRemoveIdentity,
    Pass{"fold_constants", "compute nodes whose inputs are constant", fold_constants},
    kRemoveIdentity,
    kFoldAffine,
    Pass{"fold_batch_norm", "fold BatchNormalization into the weights before it", fold_batch_norm},
    kFoldAffine,
    Pass{"remove_dead_nodes", "remove nodes and constants that no output needs", remove_dead_nodes},
};

}  // namespace

std::span<const Pass> prepare_pipeline() { return kPrepare; }

const Pass* find_pass(std::string_view name) {
  const auto it = std::find_if(kPrepare.begin(), kPrepare.end(),
                               [&](const Pass& pass) { return pass.name == name; });
  return it == kPrepare.end() ? nullptr : &*it;
}

}  // namespace qtool
