#include "interrupt.h"

#include <csignal>
#include <initializer_list>

namespace qtool {
namespace {

volatile std::sig_atomic_t received = 0;  // handlers may set nothing else

void handle(int signal) {
  received = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

Interrupt::Interrupt() {
  received = 0;
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, handle);
}

Interrupt::~Interrupt() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
}

bool Interrupt::came() const { return received != 0; }

}  // namespace qtool
