#include <re2/re2.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "kernels/reference/strided_loop.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

const Tensor& strings(const KernelCall& call, std::size_t index) {
  const Tensor& x = call.input(index);
  if (x.dtype() != DType::kString) fail("expected strings, got {}", name(x.dtype()));
  return x;
}

Kernel bind_concat(const BindContext&) {
  return [](KernelCall& call) {
    const Tensor& a = strings(call, 0);
    const Tensor& b = strings(call, 1);
    const Shape shape = broadcast_shape(a.shape(), b.shape());
    auto* y = call.output(0, DType::kString, shape).mutable_data<std::string>();
    const ref::StridedLoop<2> loop(shape, {ref::broadcast_strides(a.shape(), shape),
                                           ref::broadcast_strides(b.shape(), shape)});
    loop.each_row([&, steps = loop.row_strides()](const auto& offsets) {
      for (int64_t i = 0; i < loop.row_length(); ++i)
        *y++ = a.data<std::string>()[offsets[0] + i * steps[0]] +
               b.data<std::string>()[offsets[1] + i * steps[1]];
    });
  };
}

// What separates words where no delimiter is given: ASCII's white space.
constexpr std::string_view kSpace = " \t\n\v\f\r";

// Words between runs of white space. After `most` splits the rest is one word, less the white space
// in front of it and behind.
std::vector<std::string> split_words(std::string_view text, std::size_t most) {
  std::vector<std::string> words;
  std::size_t start = text.find_first_not_of(kSpace);
  while (start != std::string_view::npos) {
    const std::size_t end =
        words.size() < most ? text.find_first_of(kSpace, start) : text.find_last_not_of(kSpace) + 1;
    words.emplace_back(text.substr(start, end - start));
    start = text.find_first_not_of(kSpace, std::min(end, text.size()));
  }
  return words;
}

// What stands between occurrences of the delimiter; after `most` of them the rest is one part.
std::vector<std::string> split_at_delimiter(std::string_view text, std::string_view delimiter,
                                            std::size_t most) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  while (parts.size() < most) {
    const std::size_t end = text.find(delimiter, start);
    if (end == std::string_view::npos) break;
    parts.emplace_back(text.substr(start, end - start));
    start = end + delimiter.size();
  }
  parts.emplace_back(text.substr(start));
  return parts;
}

Kernel bind_split(const BindContext& context) {
  const auto maxsplit = context.attribute<int64_t>("maxsplit", std::numeric_limits<int64_t>::max());
  if (maxsplit < 0) fail("maxsplit is {}", maxsplit);
  return [delimiter = context.attribute<std::string>("delimiter", ""),
          most = static_cast<std::size_t>(maxsplit)](KernelCall& call) {
    const Tensor& x = strings(call, 0);
    std::vector<std::vector<std::string>> parts;
    std::vector<int64_t> counts;
    for (const std::string& text : x.to_vector<std::string>()) {
      parts.push_back(delimiter.empty() ? split_words(text, most)
                                        : split_at_delimiter(text, delimiter, most));
      counts.push_back(std::ssize(parts.back()));
    }
    Shape shape = x.shape();
    shape.push_back(counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end()));
    // Shorter ones end in empty strings, which new tensors are made of.
    auto* y = call.output(0, DType::kString, shape).mutable_data<std::string>();
    for (auto& list : parts) {
      std::move(list.begin(), list.end(), y);
      y += shape.back();
    }
    call.set_output(1, Tensor::of<int64_t>(x.shape(), counts));
  };
}

Kernel bind_regex_full_match(const BindContext& context) {
  const auto* pattern = find_attribute<std::string>(context.node, "pattern");
  if (pattern == nullptr) fail("attribute 'pattern' is missing");
  RE2::Options options;
  options.set_log_errors(false);
  const auto regex = std::make_shared<const RE2>(*pattern, options);
  if (!regex->ok()) fail("pattern '{}' is no regular expression: {}", *pattern, regex->error());
  return [regex](KernelCall& call) {
    const Tensor& x = strings(call, 0);
    bool* y = call.output(0, DType::kBool, x.shape()).mutable_data<bool>();
    const std::string* text = x.data<std::string>();
    for (int64_t i = 0; i < x.size(); ++i) y[i] = RE2::FullMatch(text[i], *regex);
  };
}

}  // namespace

std::span<const OpSpec> string_ops() {
  static const std::vector<OpSpec> kOps = {
      reference_op("StringConcat", bind_concat),
      reference_op("StringSplit", bind_split),
      reference_op("RegexFullMatch", bind_regex_full_match),
  };
  return kOps;
}

}  // namespace qtool
