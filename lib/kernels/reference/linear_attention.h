#pragma once

#include <cstdint>

// Layers with a state that is carried from token to token. For float and double.
namespace qtool::reference {

/// What one head of linear attention reads, a token every so many elements. Null: the rule does not
/// have it.
template <class T>
struct LinearAttentionHead {
  int64_t tokens;
  int64_t key_size, value_size;
  const T *key, *value;                                 // [tokens, size]
  const T* decay;                                       // [tokens, decay_size], logarithms
  const T* rate;                                        // [tokens], of the delta rule
  int64_t key_step, value_step, decay_step, rate_step;  // from token to token
  int64_t decay_size;                                   // 1 or key_size
};

/// Queries [tokens, key_size] that read a head's state, and what they get [tokens, value_size].
template <class T>
struct LinearAttentionQueries {
  const T* query;
  T* y;
  int64_t query_step, y_step;
};

/// Runs a head over its tokens. For each: state [key_size, value_size] · exp(decay); then
/// state + key ⊗ v, where v is the value, or with a rate, rate · (value - state' · key); then
/// y = scale · query · state for each of `count` queries.
template <class T>
void linear_attention(const LinearAttentionHead<T>& head, double scale,
                      const LinearAttentionQueries<T>* queries, int64_t count, double* state);

}  // namespace qtool::reference
