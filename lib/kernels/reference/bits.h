#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

// The scalar functions of ONNX's logical operators, on bits and on bool.
namespace qtool::reference {

struct And {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a & b);
  }
};

struct Or {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a | b);
  }
};

struct Xor {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a ^ b);
  }
};

struct Not {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_same_v<T, bool>)
      return !x;
    else
      return static_cast<T>(~x);
  }
};

/// Whether x can be shifted by n places: 0 ≤ n < the bits of T.
template <class T>
bool in_width(T n) {
  return static_cast<std::make_unsigned_t<T>>(n) < sizeof(T) * 8;
}

/// All bits moved out of the type are lost; 0 for a shift that is negative or too wide.
struct ShiftLeft {
  template <class T>
  T operator()(T x, T n) const {
    return in_width(n) ? static_cast<T>(static_cast<uint64_t>(x) << n) : T(0);
  }
};

/// Signed numbers keep their sign; a shift that is negative or too wide leaves nothing else.
struct ShiftRight {
  template <class T>
  T operator()(T x, T n) const {
    if (in_width(n)) return static_cast<T>(x >> n);
    return x < T(0) ? static_cast<T>(-1) : T(0);
  }
};

}  // namespace qtool::reference
