#pragma once

#include <fmt/format.h>

#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace qtool {

/// Something that the user or a file did wrong, told in one line. Layers on the way up put where it
/// happened in front: "model.onnx: node 'conv1': weight has rank 2, expected 4".
class Error : public std::exception {
 public:
  explicit Error(std::string message) : message_(std::move(message)) {}

  /// Puts `where` and ": " in front of the message.
  Error& add_context(std::string_view where) {
    message_ = std::string(where) + ": " + message_;
    return *this;
  }

  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

/// Throws an Error with a message formatted as by fmt::format.
template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

/// Runs `body`; an Error that leaves it gets the context that `where()` describes, and std::bad_alloc
/// becomes one. `where` is called only then, so that describing costs nothing on the good path.
template <class Where, class Body>
decltype(auto) with_context(Where&& where, Body&& body) {
  try {
    return body();
  } catch (Error& error) {
    error.add_context(where());
    throw;
  } catch (const std::bad_alloc&) {
    throw Error("takes more memory than is left of --max-memory").add_context(where());
  }
}

/// Ends the program with a message: an invariant of qtool itself does not hold.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace qtool

/// Checks an invariant of our own, never input; active in every build type.
#define QTOOL_ASSERT(condition) \
  ((condition) ? void(0) : ::qtool::assertion_failed(#condition, __FILE__, __LINE__))
