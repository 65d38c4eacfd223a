#include <algorithm>
#include <map>

#include "kernels/reference/copy.h"
#include "kernels/reference/unique.h"
#include "ops/elements.h"
#include "ops/ml_scores.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

using KeyTypes = Types<std::string, int64_t, float, double, int32_t, int16_t>;

template <class T>
Tensor list_tensor(const std::vector<T>& values) {
  return Tensor::of<T>({std::ssize(values)}, values);
}

// The list attribute of that name in any of its types: <name>_strings, …_int64s, …_floats or
// …_tensor. Undefined if there is none.
Tensor read_list(const Node& node, const std::string& name) {
  if (const auto* list = find_attribute<std::vector<std::string>>(node, name + "_strings"))
    return list_tensor(*list);
  if (const auto* list = find_attribute<std::vector<int64_t>>(node, name + "_int64s"))
    return list_tensor(*list);
  if (const auto* list = find_attribute<std::vector<float>>(node, name + "_floats"))
    return list_tensor(*list);
  const auto* tensor = find_attribute<Constant>(node, name + "_tensor");
  return tensor == nullptr ? Tensor() : *tensor->tensor;
}

// What values without a key become: one element of that type.
Tensor read_default(const BindContext& context, DType dtype) {
  if (const auto* tensor = find_attribute<Constant>(context.node, "default_tensor")) {
    if (tensor->tensor->size() != 1 || tensor->tensor->dtype() != dtype)
      fail("attribute 'default_tensor' is no single {}", name(dtype));
    return *tensor->tensor;
  }
  if (dtype == DType::kString)
    return Tensor::scalar(context.attribute<std::string>("default_string", "_Unused"));
  if (dtype == DType::kInt64)
    return Tensor::scalar(context.attribute<int64_t>("default_int64", -1));
  if (dtype == DType::kFloat32) return Tensor::scalar(context.attribute("default_float", -0.0F));
  return number_of(dtype, dtype == DType::kFloat64 ? -0.0 : -1);
}

// Keys and, at the same places, what they become; the last value stands for all other keys.
struct Mapping {
  Tensor keys;
  Tensor values;

  void operator()(KernelCall& call) const {
    const Tensor& x = call.input(0);
    require_same_type(x, keys);
    std::vector<int64_t> places;
    with_type(KeyTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      const auto before = [](const T& a, const T& b) { return ref::compare(a, b) < 0; };
      std::map<T, int64_t, decltype(before)> index(before);
      for (int64_t i = 0; i < keys.size(); ++i) index.insert_or_assign(keys.data<T>()[i], i);
      for (int64_t i = 0; i < x.size(); ++i) {
        const auto found = index.find(x.data<T>()[i]);
        places.push_back(found == index.end() ? keys.size() : found->second);
      }
    });
    Tensor& y = call.output(0, values.dtype(), x.shape());
    ref::gather(1, 0, 1, element_bytes(y), values.raw(), places.data(), y.size(), y.mutable_raw());
  }
};

Mapping make_mapping(const BindContext& context, const Tensor& keys, const Tensor& values) {
  if (!keys.defined() || !values.defined()) fail("keys or values are missing");
  if (keys.size() != values.size()) fail("{} keys for {} values", keys.size(), values.size());
  Tensor all(values.dtype(), {values.size() + 1});
  const std::size_t bytes = element_bytes(values);
  ref::copy(ref::StridedLoop<2>({values.size()}, {Shape{1}, Shape{1}}), bytes, all.mutable_raw(),
            values.raw());
  ref::fill(bytes, element_at(all, values.size()), 1, read_default(context, values.dtype()).raw());
  return {keys, all};
}

// Strings and the integers that stand for them, whichever of both the input holds.
Kernel bind_two_way(const BindContext& context, const Tensor& strings, const Tensor& integers) {
  const Mapping to_integers = make_mapping(context, strings, integers);
  const Mapping to_strings = make_mapping(context, integers, strings);
  return [=](KernelCall& call) {
    (call.input(0).dtype() == DType::kString ? to_integers : to_strings)(call);
  };
}

Kernel bind_category_mapper(const BindContext& context) {
  return bind_two_way(context,
                      list_tensor(context.attribute<std::vector<std::string>>("cats_strings", {})),
                      list_tensor(context.attribute<std::vector<int64_t>>("cats_int64s", {})));
}

Kernel bind_label_encoder(const BindContext& context) {
  const auto* classes = find_attribute<std::vector<std::string>>(context.node, "classes_strings");
  if (classes == nullptr)
    return make_mapping(context, read_list(context.node, "keys"),
                        read_list(context.node, "values"));
  std::vector<int64_t> numbers;  // version 1: a class's integer is its place
  for (std::size_t i = 0; i < classes->size(); ++i) numbers.push_back(static_cast<int64_t>(i));
  return bind_two_way(context, list_tensor(*classes), list_tensor(numbers));
}

Kernel bind_one_hot_encoder(const BindContext& context) {
  const Tensor categories = read_list(context.node, "cats");
  if (!categories.defined()) fail("one of cats_int64s and cats_strings must be given");
  std::vector<int64_t> places;
  for (int64_t i = 0; i < categories.size(); ++i) places.push_back(i);
  places.push_back(-1);
  const Mapping mapping{categories, list_tensor(places)};
  const bool zeros = context.attribute<int64_t>("zeros", 1) != 0;
  return [mapping, zeros, count = categories.size()](KernelCall& call) {
    const Tensor& given = call.input(0);
    const bool numbers = given.dtype() != DType::kString;
    const Datum x =
        numbers ? Datum(Tensor::of<int64_t>(given.shape(), truncated_int64s(given))) : given;
    const Datum* input = &x;
    Datum place;
    KernelCall inner = call.with({&input, 1}, {&place, 1});
    mapping(inner);
    Shape shape = given.shape();
    shape.push_back(count);
    Tensor y = filled(call, shape, Tensor::scalar(0.0F));
    float* row = y.mutable_data<float>();
    for (const int64_t at : to_int64s(place.tensor())) {
      if (at >= 0) row[at] = 1;
      if (at < 0 && !zeros) fail("a value is of no category");
      row += count;
    }
    call.set_output(0, y);
  };
}

}  // namespace

std::span<const OpSpec> ml_labels_ops() {
  static const std::vector<OpSpec> kOps = {
      ml_op("LabelEncoder", bind_label_encoder),
      ml_op("CategoryMapper", bind_category_mapper),
      ml_op("OneHotEncoder", bind_one_hot_encoder),
  };
  return kOps;
}

}  // namespace qtool
