#include "measure/metric_command.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "error_of.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("the last word that a command prints is its score") {
  CHECK(run_metric_command("echo loading; echo score: 0.75", "o", "m") == 0.75);
  CHECK(run_metric_command("printf '%s-3e1\\n' ''", "o", "m") == -30);
}

TEST_CASE("places are filled in, quoted for the shell") {
  CHECK(run_metric_command("test {outputs} = \"a b'c\" && test {model} = '$x' && echo 1", "a b'c",
                           "$x") == 1);
}

TEST_CASE("a command that fails or prints no number is an error that names it") {
  CHECK_THAT(error_of([] { run_metric_command("exit 3", "o", "m.onnx"); }),
             ContainsSubstring("exit 3") && ContainsSubstring("m.onnx") &&
                 ContainsSubstring("exit code 3"));
  for (const char* command : {"echo", "echo 1.5x", "echo nan", "echo inf"})
    CHECK_THAT(error_of([&] { run_metric_command(command, "o", "m"); }),
               ContainsSubstring("must print a number"));
}
