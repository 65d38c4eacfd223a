#pragma once

namespace qtool {

/// While one is alive, the first SIGINT or SIGTERM does not end the program: came() says that it was
/// sent. A second one does.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool came() const;
};

}  // namespace qtool
