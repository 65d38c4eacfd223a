#include "report/html_report.h"

#include <catch2/catch_test_macros.hpp>

#include "error_of.h"
#include "report/page_data.h"

using namespace qtool;

namespace {

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

}  // namespace

TEST_CASE("text in the data cannot end the element that holds it") {
  const Json hostile = {{"name", "</script><script>alert(1)</script>"},
                        {"other", "<!-- <script ]]> \" \\ & \u2028 größer"},
                        {"<", Json::array({1, -2.5f})}};
  const std::string text = script_json(hostile);
  CHECK(text.find('<') == std::string::npos);
  CHECK(parse_json(text) == hostile);
}

TEST_CASE("a page holds the data once, and has as many elements whatever the data says") {
  const Json plain = {{"title", "x"}}, hostile = {{"title", "</script><!-- @data@ @scripts@"}};
  const std::string page = html_report(plain), other = html_report(hostile);
  CHECK(parse_json(page_text(page)) == plain);
  CHECK(parse_json(page_text(other)) == hostile);
  for (const char* part : {"<script", "</script", "<!--", "-->", "<style", "</style"}) {
    INFO(part);
    CHECK(occurrences(page, part) == occurrences(other, part));
  }
  CHECK(occurrences(page, "</script>") == 3);
}

TEST_CASE("a page asks nothing of the network and carries the library with its licences") {
  const std::string page = html_report({{"title", "x"}});
  CHECK(page.find("default-src 'none'") != std::string::npos);
  for (const char* part : {"src=\"http", "href=\"http", "@import", "url(http"}) {
    INFO(part);
    CHECK(page.find(part) == std::string::npos);
  }
  CHECK(page.find("@observablehq/plot v") != std::string::npos);
  CHECK(page.find("Copyright 2010-2023 Mike Bostock") != std::string::npos);
  CHECK(page.find("Observable, Inc.\n\nPermission to use") != std::string::npos);
  for (const char* place : {"@style@", "@licences@", "@library@", "@scripts@", "@data@"}) {
    INFO(place);
    CHECK(page.find(place) == std::string::npos);
  }
}

TEST_CASE("text that is not UTF-8 is refused") {
  CHECK(error_of([] { html_report({{"title", "\xff"}}); }) != "no error");
}
