#include "ops/elements.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/slices.h"
#include "ops/types.h"

namespace qtool {
namespace {

// Throws Error unless the tensor is of the type of those that are there.
void require_element_type(const Sequence& sequence, const Tensor& tensor) {
  if (!sequence.empty()) require_same_type(sequence[0], tensor);
}

Kernel bind_empty(const BindContext&) {
  return [](KernelCall& call) { call.set_output(0, Sequence{}); };
}

Kernel bind_construct(const BindContext&) {
  return [](KernelCall& call) {
    Sequence sequence;
    for (std::size_t i = 0; i < call.input_count(); ++i) {
      require_element_type(sequence, call.input(i));
      sequence.push_back(call.input(i));
    }
    call.set_output(0, std::move(sequence));
  };
}

Kernel bind_at(const BindContext&) {
  return [](KernelCall& call) {
    const Sequence& sequence = call.datum(0).sequence();
    const int64_t index = normalize_index(read_int(call.input(1)), std::ssize(sequence));
    call.set_output(0, sequence[static_cast<std::size_t>(index)]);
  };
}

Kernel bind_length(const BindContext&) {
  return [](KernelCall& call) {
    call.set_output(0, Tensor::scalar<int64_t>(std::ssize(call.datum(0).sequence())));
  };
}

Kernel bind_insert(const BindContext&) {
  return [](KernelCall& call) {
    Sequence sequence = call.datum(0).sequence();
    require_element_type(sequence, call.input(1));
    const auto length = std::ssize(sequence);
    int64_t at = call.has(2) ? read_int(call.input(2)) : length;
    if (at < -length || at > length) fail("position {} is outside a sequence of {}", at, length);
    if (at < 0) at += length;
    sequence.insert(sequence.begin() + at, call.input(1));
    call.set_output(0, std::move(sequence));
  };
}

Kernel bind_erase(const BindContext&) {
  return [](KernelCall& call) {
    Sequence sequence = call.datum(0).sequence();
    const int64_t at = call.has(1) ? read_int(call.input(1)) : -1;
    sequence.erase(sequence.begin() + normalize_index(at, std::ssize(sequence)));
    call.set_output(0, std::move(sequence));
  };
}

// The lengths of the parts: of size 1 without `split`, all but the last of size `split` if that is a
// scalar, else as it lists them.
std::vector<int64_t> part_lengths(const KernelCall& call, int64_t total) {
  if (call.has(1) && call.input(1).rank() > 0) {
    std::vector<int64_t> lengths = to_int64s(call.input(1));
    require_parts(lengths, total);
    return lengths;
  }
  const int64_t size = call.has(1) ? read_int(call.input(1)) : 1;
  if (size <= 0) fail("parts of size {}", size);
  std::vector<int64_t> lengths(static_cast<std::size_t>(total / size), size);
  if (total % size > 0) lengths.push_back(total % size);
  return lengths;
}

Kernel bind_split_to_sequence(const BindContext& context) {
  const bool keep_dims = context.attribute<int64_t>("keepdims", 1) != 0;
  return [keep_dims, axis = context.attribute<int64_t>("axis", 0)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const int at = normalize_axis(axis, x.rank());
    Sequence parts;
    int64_t start = 0;
    for (const int64_t length : part_lengths(call, x.dim(static_cast<std::size_t>(at)))) {
      parts.push_back(keep_dims || call.has(1) ? part_of(call, x, at, start, length)
                                               : slice_at(call, x, at, start));
      start += length;
    }
    call.set_output(0, std::move(parts));
  };
}

Kernel bind_concat_from_sequence(const BindContext& context) {
  const int64_t* axis = find_attribute<int64_t>(context.node, "axis");
  if (axis == nullptr) fail("attribute 'axis' is missing");
  const bool new_axis = context.attribute<int64_t>("new_axis", 0) != 0;
  return [axis = *axis, new_axis](KernelCall& call) {
    const Sequence& parts = call.datum(0).sequence();
    if (parts.empty()) fail("an empty sequence has no shape");
    const std::size_t rank = parts[0].rank();
    call.set_output(0, new_axis ? stack(call, parts, normalize_axis(axis, rank + 1))
                                : concat(call, parts, normalize_axis(axis, rank)));
  };
}

Kernel bind_optional(const BindContext&) {
  return [](KernelCall& call) { call.set_output(0, call.has(0) ? call.datum(0) : Datum()); };
}

Kernel bind_optional_get_element(const BindContext&) {
  return [](KernelCall& call) {
    if (call.datum(0).is_empty()) fail("the optional is empty");
    call.set_output(0, call.datum(0));
  };
}

Kernel bind_optional_has_element(const BindContext&) {
  return [](KernelCall& call) {
    call.set_output(0, Tensor::scalar(call.has(0) && !call.datum(0).is_empty()));
  };
}

}  // namespace

std::span<const OpSpec> sequence_ops() {
  static const std::vector<OpSpec> kOps = {
      reference_op("SequenceEmpty", bind_empty),
      reference_op("SequenceConstruct", bind_construct),
      reference_op("SequenceAt", bind_at),
      reference_op("SequenceLength", bind_length),
      reference_op("SequenceInsert", bind_insert),
      reference_op("SequenceErase", bind_erase),
      reference_op("SplitToSequence", bind_split_to_sequence),
      reference_op("ConcatFromSequence", bind_concat_from_sequence),
      reference_op("Optional", bind_optional),
      reference_op("OptionalGetElement", bind_optional_get_element),
      reference_op("OptionalHasElement", bind_optional_has_element),
  };
  return kOps;
}

}  // namespace qtool
