#include "kernels/reference/random.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "kernels/reference/convert.h"
#include "ops/elements.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

// Every run of a node draws the same numbers: those of its attribute `seed`, or else of its name
// and place, so that two nodes without a seed differ.
namespace qtool {
namespace {

namespace ref = reference;

// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/).
uint32_t hash(std::string_view text, uint32_t seed) {
  uint32_t value = 2166136261U ^ seed;
  for (const char c : text) value = (value ^ static_cast<uint8_t>(c)) * 16777619U;
  return value;
}

uint32_t seed_of_node(const Node& node) {
  const auto place = node.outputs.empty() ? 0U : static_cast<uint32_t>(node.outputs[0]);
  return hash(node.name, place);
}

// The attribute is a float; small integers are the seeds that they are.
uint32_t read_seed(const BindContext& context) {
  const float* seed = find_attribute<float>(context.node, "seed");
  if (seed == nullptr) return seed_of_node(context.node);
  const bool integer = *seed >= 0 && *seed < 0x1p32F && *seed == std::floor(*seed);
  return integer ? static_cast<uint32_t>(*seed) : std::bit_cast<uint32_t>(*seed);
}

// Output 0 with every element drawn for itself.
void draw_all(KernelCall& call, DType dtype, const Shape& shape,
              const std::function<double()>& draw) {
  Tensor& y = call.output(0, dtype, shape);
  with_type(AnyNumberTypes{}, dtype, [&]<class T>(std::type_identity<T>) {
    std::generate_n(y.mutable_data<T>(), y.size(), [&] { return ref::convert_value<T>(draw()); });
  });
}

struct Normal {
  double mean;
  double scale;
  explicit Normal(const BindContext& context)
      : mean(context.attribute("mean", 0.0F)), scale(context.attribute("scale", 1.0F)) {}
  double operator()(ref::Random& random) const { return mean + scale * random.normal(); }
};

struct Uniform {
  double low;
  double high;
  explicit Uniform(const BindContext& context)
      : low(context.attribute("low", 0.0F)), high(context.attribute("high", 1.0F)) {}
  double operator()(ref::Random& random) const { return low + (high - low) * random.uniform(); }
};

template <class Distribution>
Kernel bind_random(const BindContext& context) {
  const auto* shape = find_attribute<std::vector<int64_t>>(context.node, "shape");
  if (shape == nullptr) fail("attribute 'shape' is missing");
  const DType dtype = optional_dtype(context, "dtype").value_or(DType::kFloat32);
  return [=, shape = *shape, seed = read_seed(context),
          distribution = Distribution(context)](KernelCall& call) {
    draw_all(call, dtype, shape,
             [&, random = ref::Random(seed)]() mutable { return distribution(random); });
  };
}

template <class Distribution>
Kernel bind_random_like(const BindContext& context) {
  const auto dtype = optional_dtype(context, "dtype");
  return [=, seed = read_seed(context), distribution = Distribution(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    draw_all(call, dtype.value_or(x.dtype()), x.shape(),
             [&, random = ref::Random(seed)]() mutable { return distribution(random); });
  };
}

Kernel bind_bernoulli(const BindContext& context) {
  const auto dtype = optional_dtype(context, "dtype");
  return [dtype, seed = read_seed(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    ref::Random random(seed);
    std::vector<double> values = to_doubles(x);
    for (double& value : values) value = random.uniform() < value ? 1 : 0;
    call.set_output(0, from_doubles(call, dtype.value_or(x.dtype()), x.shape(), values));
  };
}

// Probabilities of the classes, up to a factor, added up from the first on.
std::vector<double> cumulated(const double* logits, std::size_t classes) {
  std::vector<double> sums(logits, logits + classes);
  const double largest = classes == 0 ? 0 : *std::max_element(sums.begin(), sums.end());
  double sum = 0;
  for (double& value : sums) value = sum += std::exp(value - largest);
  if (!(sum > 0) || std::isinf(sum)) fail("log-probabilities that are no distribution");
  return sums;
}

Kernel bind_multinomial(const BindContext& context) {
  const auto samples = context.attribute<int64_t>("sample_size", 1);
  const DType dtype = optional_dtype(context, "dtype").value_or(DType::kInt32);
  if (samples < 0) fail("sample_size is {}", samples);
  return [=, seed = read_seed(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    if (x.rank() != 2) fail("input {} is not [batch, classes]", to_string(x.shape()));
    const std::vector<double> logits = to_doubles(x);
    const auto classes = static_cast<std::size_t>(x.dim(1));
    Tensor& y = call.output(0, dtype, {x.dim(0), samples});
    ref::Random random(seed);
    with_type(Types<int32_t, int64_t>{}, dtype, [&]<class T>(std::type_identity<T>) {
      T* drawn = y.mutable_data<T>();
      for (std::size_t row = 0; row < static_cast<std::size_t>(x.dim(0)); ++row) {
        const std::vector<double> sums = cumulated(logits.data() + row * classes, classes);
        for (int64_t i = 0; i < samples; ++i) {
          const double at = random.uniform() * sums.back();
          *drawn++ =
              static_cast<T>(std::upper_bound(sums.begin(), sums.end() - 1, at) - sums.begin());
        }
      }
    });
  };
}

// Dropout while training: what is kept grows so that the expectation stays the same.
void drop(KernelCall& call, double ratio, uint32_t seed) {
  if (!(ratio >= 0 && ratio < 1)) fail("ratio {} is not in [0, 1)", ratio);
  const Tensor& x = call.input(0);
  std::vector<double> values = to_doubles(x);
  Tensor mask = call.scratch(DType::kBool, x.shape());
  bool* kept = mask.mutable_data<bool>();
  ref::Random random(seed);
  for (double& value : values) {
    *kept = random.uniform() >= ratio;
    value = *kept++ ? value / (1 - ratio) : 0;
  }
  call.set_output(0, from_doubles(call, x.dtype(), x.shape(), values));
  call.set_output(1, mask);
}

Kernel bind_dropout(const BindContext& context) {
  const int64_t* given = find_attribute<int64_t>(context.node, "seed");
  const uint32_t seed = given ? static_cast<uint32_t>(*given) : seed_of_node(context.node);
  const bool typed_mask = context.opset < 10;  // of the input's type, later bool
  return [seed, typed_mask](KernelCall& call) {
    const Tensor& x = call.input(0);
    const double ratio = call.has(1) ? read_number(call.input(1)) : 0.5;
    if (call.has(2) && read_int(call.input(2)) != 0 && ratio != 0) return drop(call, ratio, seed);
    call.set_output(0, x);
    if (call.output_count() < 2) return;
    const DType dtype = typed_mask ? x.dtype() : DType::kBool;
    const std::vector<double> kept(static_cast<std::size_t>(x.size()), 1.0);
    call.set_output(1, from_doubles(call, dtype, x.shape(), kept));
  };
}

}  // namespace

std::span<const OpSpec> random_ops() {
  static const std::vector<OpSpec> kOps = {
      reference_op("RandomNormal", bind_random<Normal>),
      reference_op("RandomNormalLike", bind_random_like<Normal>),
      reference_op("RandomUniform", bind_random<Uniform>),
      reference_op("RandomUniformLike", bind_random_like<Uniform>),
      reference_op("Bernoulli", bind_bernoulli),
      reference_op("Multinomial", bind_multinomial),
      reference_op("Dropout", bind_dropout, {.inputs = {Role::kActivation, Role::kPlain}}),
  };
  return kOps;
}

}  // namespace qtool
