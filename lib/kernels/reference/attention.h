#pragma once

#include <cstdint>

// Parts of attention over float or double arrays.
namespace qtool::reference {

/// x = cap · tanh(x / cap).
template <class T>
void soft_cap(T cap, T* x, int64_t count);

/// One query's scores for `count` keys, masked: `bias` is added where it is not null, and keys
/// outside of [begin, end) get -infinity. Tells whether a key is left that may be looked at.
template <class T>
bool mask_scores(int64_t count, const T* bias, int64_t begin, int64_t end, T* scores);

/// Softmax of a row with at least one finite score. `sink` is one more score whose share is dropped
/// at the end; -infinity for none.
template <class T>
void softmax_scores(int64_t count, double sink, T* scores);

/// Rotates the first 2 · half numbers of x by angles, given by their cosines and sines [half], and
/// copies the rest of `size`. The pairs are neighbours if `interleaved`, else `half` apart.
template <class T>
void rotate(int64_t size, int64_t half, bool interleaved, const T* x, const T* cosines,
            const T* sines, T* y);

}  // namespace qtool::reference
