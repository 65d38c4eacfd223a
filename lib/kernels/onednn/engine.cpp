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

void run_reorder(dnnl::reorder& reorder, const dnnl::memory& from, dnnl::memory& to) {
  dnnl::memory source = from;
  reorder.execute(stream(), source, to);
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

Source::Source(const Desc& given, const Desc& wanted)
    : given_(wrap(given, nullptr)), wanted_(given_) {
  if (given == wanted) return;
  wanted_ = dnnl::memory(wanted, engine());
  reorder_ = dnnl::reorder(given_, wanted_);
}

const dnnl::memory& Source::load(const void* data, bool once) {
  if (!reorder_) {
    given_.set_data_handle(const_cast<void*>(data));
  } else if (!once || !loaded_) {
    given_.set_data_handle(const_cast<void*>(data));
    run_reorder(reorder_, given_, wanted_);
    loaded_ = true;
  }
  return wanted_;
}

Destination::Destination(const Desc& made, const Desc& wanted)
    : made_(wrap(wanted, nullptr)), wanted_(made_) {
  if (made == wanted) return;
  made_ = dnnl::memory(made, engine());
  reorder_ = dnnl::reorder(made_, wanted_);
}

const dnnl::memory& Destination::at(void* data) {
  wanted_.set_data_handle(data);
  return made_;
}

void Destination::store() {
  if (reorder_) run_reorder(reorder_, made_, wanted_);
}

}  // namespace qtool::onednn
