#include "kernels/onednn/engine.h"

#include "base/error.h"

namespace qtool::onednn {
namespace {

Dims row_major_strides(const Dims& dims) {
  Dims strides(dims.size());
  dnnl::memory::dim stride = 1;
  for (std::size_t i = dims.size(); i-- > 0; stride *= dims[i]) strides[i] = stride;
  return strides;
}

void run_reorder(dnnl::reorder& reorder, dnnl::memory from, dnnl::memory to) {
  reorder.execute(stream(), from, to);
}

}  // namespace

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

const dnnl::stream& stream() {
  static thread_local const dnnl::stream queue(engine());
  return queue;
}

Desc plain(DataType type, const Dims& dims) { return {dims, type, row_major_strides(dims)}; }

Dims channels_last_strides(const Dims& dims) {
  Dims strides(dims.size());
  strides[1] = 1;
  dnnl::memory::dim stride = dims[1];
  for (std::size_t i = dims.size() - 1; i > 1; stride *= dims[i--]) strides[i] = stride;
  strides[0] = stride;
  return strides;
}

Desc any_layout(DataType type, const Dims& dims) {
  return {dims, type, dnnl::memory::format_tag::any};
}

dnnl::memory wrap(const Desc& desc, const void* data) {
  return {desc, engine(), const_cast<void*>(data)};
}

dnnl::memory reordered(const dnnl::memory& from, const Desc& to) {
  dnnl::memory result(to, engine());
  dnnl::reorder reorder(from, result);
  run_reorder(reorder, from, result);
  return result;
}

Call::Call(dnnl::primitive primitive, const std::vector<std::pair<int, dnnl::memory>>& arguments)
    : primitive_(std::move(primitive)) {
  for (const auto& [argument, memory] : arguments) {
    memories_.push_back(memory);
    arguments_.push_back({argument, memory.get()});
  }
}

void Call::execute() const {
  dnnl::error::wrap_c_api(
      dnnl_primitive_execute(primitive_.get(), stream().get(), static_cast<int>(arguments_.size()),
                             arguments_.data()),
      "a primitive could not be run");
}

void Place::set(const void* data) {
  if (data == data_) return;
  memory_.set_data_handle(const_cast<void*>(data));
  data_ = data;
}

dnnl::memory Copies::get(const void* data, const Desc& given, const Desc& wanted) {
  for (const dnnl::memory& copy : copies_)
    if (copy.get_desc() == wanted) return copy;
  if (empty()) {
    given_ = given;
    return copies_.emplace_back(reordered(wrap(given, data), wanted));
  }
  // What lies as given_ says lies as `given` says too: only axes of size 1 come and go.
  const dnnl::memory original = reordered(copies_.front(), given_);
  return copies_.emplace_back(reordered(wrap(given, original.get_data_handle()), wanted));
}

Source::Source(const Desc& given, const Desc& wanted, const Constant& constant)
    : given_(given), wanted_(given_.memory()), copies_(constant.copies) {
  if (given == wanted) return;
  copied_ = copies_ != nullptr;
  wanted_ = copied_ ? copies_->get(constant.data, given, wanted) : dnnl::memory(wanted, engine());
  if (!copied_) reorder_ = dnnl::reorder(given_.memory(), wanted_);
}

void Source::load(const void* data) {
  if (copied_) return;
  // If another primitive wanted a copy, `data` may be gone.
  if (copies_ != nullptr && !copies_->empty()) {
    const Desc given = given_.memory().get_desc();
    data = copies_->get(nullptr, given, given).get_data_handle();
    copied_ = true;
  }
  given_.set(data);
  if (reorder_) run_reorder(reorder_, given_.memory(), wanted_);
}

Destination::Destination(const Desc& made, const Desc& wanted)
    : wanted_(wanted), made_(wanted_.memory()) {
  if (made == wanted) return;
  made_ = dnnl::memory(made, engine());
  reorder_ = dnnl::reorder(made_, wanted_.memory());
}

void Destination::store() {
  if (reorder_) run_reorder(reorder_, made_, wanted_.memory());
}

}  // namespace qtool::onednn
