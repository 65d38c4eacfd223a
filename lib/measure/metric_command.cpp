#include "measure/metric_command.h"

#include <sys/wait.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "base/error.h"

namespace qtool {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string with_places(const std::string& command, const std::string& outputs,
                        const std::string& model) {
  std::string result;
  for (std::size_t i = 0; i < command.size();) {
    if (command.compare(i, 9, "{outputs}") == 0) {
      result += quoted(outputs);
      i += 9;
    } else if (command.compare(i, 7, "{model}") == 0) {
      result += quoted(model);
      i += 7;
    } else {
      result += command[i++];
    }
  }
  return result;
}

// What the command printed; fails unless it ended well. Our limit of memory is not the command's.
std::string printed_by(const std::string& command) {
  FILE* pipe = ::popen(("ulimit -S -d \"$(ulimit -H -d)\"; " + command).c_str(), "r");
  if (pipe == nullptr) fail("cannot be run");
  std::string text;
  std::array<char, 4096> block;
  for (std::size_t size = 0; (size = std::fread(block.data(), 1, block.size(), pipe)) > 0;)
    text.append(block.data(), size);
  const int status = ::pclose(pipe);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    fail("ended with {}", WIFEXITED(status) ? fmt::format("exit code {}", WEXITSTATUS(status))
                                            : fmt::format("signal {}", WTERMSIG(status)));
  return text;
}

std::string last_word(const std::string& text) {
  constexpr const char* kSpace = " \t\r\n";
  const std::size_t end = text.find_last_not_of(kSpace);
  if (end == std::string::npos) return "";
  const std::size_t before = text.find_last_of(kSpace, end);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return text.substr(begin, end + 1 - begin);
}

}  // namespace

double run_metric_command(const std::string& command, const std::string& outputs,
                          const std::string& model) {
  return with_context(
      [&] { return "--metric-cmd '" + command + "' for " + model; },
      [&] {
        const std::string word = last_word(printed_by(with_places(command, outputs, model)));
        double score = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), score);
        if (error != std::errc() || end != word.data() + word.size() || !std::isfinite(score))
          fail("must print a number last, but printed '{}'", word);
        return score;
      });
}

}  // namespace qtool
