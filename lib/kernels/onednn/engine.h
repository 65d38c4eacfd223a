#pragma once

#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <utility>
#include <vector>

// Only for .cpp files of this folder: oneDNN's headers are not seen outside of it.
namespace qtool::onednn {

using Dims = dnnl::memory::dims;
using Desc = dnnl::memory::desc;
using DataType = dnnl::memory::data_type;

/// The CPU.
const dnnl::engine& engine();
/// The calling thread's queue; primitives run to their end in `execute`.
const dnnl::stream& stream();

/// Row-major layout of `dims`.
Desc plain(DataType type, const Dims& dims);
/// Strides of [batch, channels, spatial...] whose channels are neighbours.
Dims channels_last_strides(const Dims& dims);
/// `dims` in the layout that the primitive likes best.
Desc any_layout(DataType type, const Dims& dims);
/// A memory over elements that the caller owns; may be null until set_data_handle.
dnnl::memory wrap(const Desc& desc, const void* data);
/// A copy of `from` in another layout or type.
dnnl::memory reordered(const dnnl::memory& from, const Desc& to);

/// A primitive with the memories that it is always run on; what is in them may change.
class Call {
 public:
  /// Memories by argument (DNNL_ARG_SRC, ...).
  Call(dnnl::primitive primitive, const std::vector<std::pair<int, dnnl::memory>>& arguments);
  /// Runs it to its end.
  void execute() const;

 private:
  dnnl::primitive primitive_;
  std::vector<dnnl::memory> memories_;  // keeps those of the arguments alive
  std::vector<dnnl_exec_arg_t> arguments_;
};

/// A memory over elements that callers own.
class Place {
 public:
  explicit Place(const Desc& desc) : memory_(wrap(desc, nullptr)) {}
  void set(const void* data);
  const dnnl::memory& memory() const { return memory_; }

 private:
  dnnl::memory memory_;
  const void* data_ = nullptr;
};

/// Copies of the same elements in the layouts that primitives want.
class Copies {
 public:
  bool empty() const { return copies_.empty(); }
  /// The elements in layout `wanted`. The first call copies them from `data`, where they lie as
  /// `given` says; later ones do not need that.
  dnnl::memory get(const void* data, const Desc& given, const Desc& wanted);

 private:
  Desc given_;
  std::vector<dnnl::memory> copies_;
};

/// What a primitive takes that is the same in every call: `copies` has it, or will.
struct Constant {
  Copies* copies = nullptr;  // null: it is not constant
  const void* data = nullptr;
};

/// An argument that comes in the caller's layout and is brought into the primitive's.
class Source {
 public:
  /// Constant elements are brought into the layout now, into a copy that belongs there; where the
  /// layouts agree no copy is made.
  Source(const Desc& given, const Desc& wanted, const Constant& constant = {});
  /// Takes the elements at `data`; of a constant that has copies it is not read.
  void load(const void* data);
  /// The memory for the primitive, the same for ever.
  const dnnl::memory& memory() const { return wanted_; }

 private:
  Place given_;
  dnnl::memory wanted_;  // the same memory as given_ if the layouts agree
  dnnl::reorder reorder_;
  Copies* copies_;
  bool copied_ = false;
};

/// A result in the primitive's layout that is brought into the caller's.
class Destination {
 public:
  Destination(const Desc& made, const Desc& wanted);
  /// Where the result is to end.
  void place(void* data) { wanted_.set(data); }
  /// The memory for the primitive to write, the same for ever.
  const dnnl::memory& memory() const { return made_; }
  /// Brings what the primitive wrote to its end.
  void store();

 private:
  Place wanted_;
  dnnl::memory made_;  // the same memory as wanted_ if the layouts agree
  dnnl::reorder reorder_;
};

/// Primitives made on first use of a shape. Forgets all of them when there are too many, so that
/// inputs of ever new shapes do not fill the memory.
template <class Key, class Value>
class ShapeCache {
 public:
  /// The entry of `key`, a Key or what compares with one, made by `make()` if there is none.
  template <class Like, class Make>
  Value& get(const Like& key, Make&& make) {
    const auto it = entries_.find(key);
    if (it != entries_.end()) return it->second;
    if (entries_.size() == kLimit) entries_.clear();
    return entries_.emplace(Key(key), make()).first->second;
  }

 private:
  static constexpr std::size_t kLimit = 16;
  std::map<Key, Value, std::less<>> entries_;
};

}  // namespace qtool::onednn
