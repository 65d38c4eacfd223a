#include "kernels/reference/linear_attention.h"

#include <cmath>
#include <vector>

namespace qtool::reference {
namespace {

// sums [columns] = Σ factors[i] · matrix[i], rows of a [rows, columns] matrix.
template <class T>
void weighted_rows(int64_t rows, int64_t columns, const T* factors, const double* matrix,
                   std::vector<double>& sums) {
  sums.assign(static_cast<std::size_t>(columns), 0.0);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      sums[static_cast<std::size_t>(j)] += static_cast<double>(factors[i]) * *matrix++;
}

template <class T>
void forget(const LinearAttentionHead<T>& head, const T* decay, double* state) {
  for (int64_t i = 0; i < head.key_size; ++i) {
    const double factor = std::exp(static_cast<double>(decay[head.decay_size == 1 ? 0 : i]));
    for (int64_t j = 0; j < head.value_size; ++j) *state++ *= factor;
  }
}

template <class T>
void learn(const LinearAttentionHead<T>& head, int64_t token, std::vector<double>& known,
           double* state) {
  const T* const key = head.key + token * head.key_step;
  const T* const value = head.value + token * head.value_step;
  double rate = 1;
  known.assign(static_cast<std::size_t>(head.value_size), 0.0);
  if (head.rate != nullptr) {
    weighted_rows(head.key_size, head.value_size, key, state, known);
    rate = static_cast<double>(head.rate[token * head.rate_step]);
  }
  for (int64_t i = 0; i < head.key_size; ++i)
    for (int64_t j = 0; j < head.value_size; ++j)
      *state++ += static_cast<double>(key[i]) * rate *
                  (static_cast<double>(value[j]) - known[static_cast<std::size_t>(j)]);
}

}  // namespace

template <class T>
void linear_attention(const LinearAttentionHead<T>& head, double scale,
                      const LinearAttentionQueries<T>* queries, int64_t count, double* state) {
  std::vector<double> sums;
  for (int64_t token = 0; token < head.tokens; ++token) {
    if (head.decay != nullptr) forget(head, head.decay + token * head.decay_step, state);
    learn(head, token, sums, state);
    for (int64_t q = 0; q < count; ++q) {
      const LinearAttentionQueries<T>& each = queries[q];
      weighted_rows(head.key_size, head.value_size, each.query + token * each.query_step, state,
                    sums);
      T* y = each.y + token * each.y_step;
      for (const double sum : sums) *y++ = static_cast<T>(scale * sum);
    }
  }
}

template void linear_attention(const LinearAttentionHead<float>&, double,
                               const LinearAttentionQueries<float>*, int64_t, double*);
template void linear_attention(const LinearAttentionHead<double>&, double,
                               const LinearAttentionQueries<double>*, int64_t, double*);

}  // namespace qtool::reference
