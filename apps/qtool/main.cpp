#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "base/error.h"
#include "base/memory.h"
#include "command.h"
#include "kernels/instruction_sets.h"
#include "version.h"

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

// Mapped files that others cut short meanwhile. Nothing but system calls is safe here.
void handle_bus_error(int) {
  constexpr std::string_view kMessage = "error: a file became shorter while it was read\n";
  (void)!::write(STDERR_FILENO, kMessage.data(), kMessage.size());
  ::_exit(kFailed);
}

int run(int argc, char** argv) {
  CLI::App app{"Quantizes ONNX models and shows what that cost.", "qtool"};
  app.set_version_flag("--version", qtool::kVersionText);
  app.footer(
      "Examples:\n"
      "  qtool dynamic model.onnx out.onnx\n"
      "  qtool static model.onnx out.onnx --calib samples/\n"
      "  qtool bench model.onnx out.onnx --data samples/ --labels labels.npy\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a gate is not met.");
  app.require_subcommand(1);
  qtool::add_commands(app);
  if (argc == 1) {
    std::cout << app.help();
    return kUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::RuntimeError& error) {
    return error.get_exit_code();
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGBUS, handle_bus_error);
  qtool::return_freed_memory();
  qtool::forget_code();
  spdlog::set_default_logger(spdlog::stderr_color_st("qtool"));
  spdlog::set_pattern("%^%l%$: %v");
  try {
    if (const char* limit = std::getenv("QTOOL_MAX_ISA")) qtool::limit_instruction_sets(limit);
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    spdlog::error("takes more memory than is left of --max-memory");
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
  }
  return kFailed;
}
