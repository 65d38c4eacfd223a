#pragma once

#include <string>
#include <vector>

#include "ir/text_lexer.h"
#include "tensor/tensor.h"

namespace qtool {

/// The elements of a tensor in the text form: one value if all have the same bytes, a list, hex
/// for types that C++ lacks, or "<N bytes>" for a list of over `max_elements`.
std::string print_elements(const Tensor& tensor, int64_t max_elements);

/// A tensor from one token per element, or, unless `at` opens a list, from one that fills all.
/// `at` is the first token of the elements.
Tensor parse_elements(DType dtype, const Shape& shape, const std::vector<Token>& elements,
                      const Token& at);

/// Element i is start + i · step.
Tensor make_ramp(DType dtype, const Shape& shape, const Token& start, const Token& step);

/// A tensor of the bytes that `hex` spells.
Tensor parse_hex(DType dtype, const Shape& shape, const Token& hex);

/// The number that a token spells; throws Error if it is none, or out of T's range.
template <class T>
T parse_number(const Token& token);

}  // namespace qtool
