#include "report/table.h"

#include <catch2/catch_test_macros.hpp>

using namespace qtool;

namespace {

const Table kTable = {{{"model"}, {"top-1", true}, {"note"}},
                      {{"float", "93.72", ""}, {"größer", "9.5", "a|b"}}};

}  // namespace

TEST_CASE("width counts characters, not bytes") {
  CHECK(text_width("") == 0);
  CHECK(text_width("abc") == 3);
  CHECK(text_width("größer · ≤ 1") == 12);
  CHECK(text_width("😀") == 1);
}

TEST_CASE("a text table is aligned and has no spaces at a line's end") {
  CHECK(to_text(kTable) ==
        "model   top-1  note\n"
        "──────  ─────  ────\n"
        "float   93.72\n"
        "größer    9.5  a|b\n");
}

TEST_CASE("the same table in Markdown escapes bars and tells alignment") {
  CHECK(to_markdown(kTable) ==
        "| model  | top-1 | note |\n"
        "| ------ | ----: | ---- |\n"
        "| float  | 93.72 |      |\n"
        "| größer |   9.5 | a\\|b |\n");
}

TEST_CASE("a table without rows has its titles; narrow Markdown columns get a valid rule") {
  const Table table = {{{"k"}, {"n", true}}, {}};
  CHECK(to_text(table) == "k  n\n─  ─\n");
  CHECK(to_markdown(table) == "| k   |   n |\n| --- | --: |\n");
}
