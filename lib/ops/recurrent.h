#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernels/reference/named_activation.h"
#include "ops/op.h"

namespace qtool {

/// The attributes of an RNN, GRU or LSTM node.
struct RecurrentNode {
  enum class Cell : uint8_t { kRnn, kGru, kLstm };
  Cell cell;
  std::vector<bool> reverse;                            // one entry a direction
  std::vector<reference::NamedActivation> activations;  // of one direction after the other
  float clip;                                           // of the activations' inputs; > 0
  bool batch_first;                                     // layout 1
  bool input_forget;                                    // LSTM's
  bool linear_before_reset;                             // GRU's

  /// Blocks of H rows in W and R: 1, 3 or 4.
  int64_t gates() const;
};

/// Throws Error for attributes that the operator does not admit. `cell` is not in the node's type
/// alone: DynamicQuantizeLSTM is an LSTM.
RecurrentNode read_recurrent(const BindContext& context, RecurrentNode::Cell cell);

/// The functions of one direction that the operator takes if the node names none.
std::vector<std::string> default_activations(RecurrentNode::Cell cell);

/// Checks W [directions, gates · H, input] and R [directions, gates · H, H], inputs 1 and 2, and
/// gives H. Throws Error if they do not fit X.
int64_t check_weights(const RecurrentNode& node, const KernelCall& call);

/// Rows of the matrices of one direction: all gates, or some of them where GRU asks for that.
struct WeightRows {
  bool recurrent;  // of R, else of W
  int64_t direction;
  int64_t first;
  int64_t count;
  auto operator<=>(const WeightRows&) const = default;
};

/// Writes y [m, rows.count] = x [m, k] · rows'; k is the row length of W or R. No size is 0.
template <class T>
using MultiplyWeights = std::function<void(const WeightRows& rows, int64_t m, const T* x, T* y)>;

/// Runs a node on the inputs and outputs of a call, which stand where those of ONNX's LSTM do. The
/// matrices are only reached through `multiply`; `hidden` is H. Throws Error for inputs that do
/// not fit. For float and double.
template <class T>
void run_recurrent(const RecurrentNode& node, int64_t hidden, const MultiplyWeights<T>& multiply,
                   KernelCall& call);

}  // namespace qtool
