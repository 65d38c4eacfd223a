#include "base/json.h"

#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "error_of.h"

namespace qtool {
namespace {

TEST_CASE("floats come back bit for bit and are written in few digits") {
  std::mt19937 random(1);
  Json list = Json::array();
  std::vector<float> numbers = {0.1f, -0.0f, 1.0f, std::numeric_limits<float>::denorm_min(),
                                std::numeric_limits<float>::max()};
  while (numbers.size() < 20000)
    if (const float number = std::bit_cast<float>(static_cast<uint32_t>(random()));
        std::isfinite(number))
      numbers.push_back(number);
  for (const float number : numbers) list.push_back(number);
  const std::string text = json_text(list, 0);
  CHECK(text.substr(0, 16) == "[0.1, -0.0, 1.0,");
  const Json back = parse_json(text);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    REQUIRE(std::bit_cast<uint32_t>(back[i].get<float>()) == std::bit_cast<uint32_t>(numbers[i]));
}

TEST_CASE("json_text breaks the outer levels into lines") {
  const Json json = {
      {"a", 1}, {"list", {{{"x", {1, 2}}}, Json::object()}}, {"none", Json::array()}};
  CHECK(json_text(json, 0) == "{\"a\": 1, \"list\": [{\"x\": [1, 2]}, {}], \"none\": []}\n");
  CHECK(json_text(json, 2) ==
        "{\n"
        "  \"a\": 1,\n"
        "  \"list\": [\n"
        "    {\"x\": [1, 2]},\n"
        "    {}\n"
        "  ],\n"
        "  \"none\": []\n"
        "}\n");
}

TEST_CASE("json_text refuses what JSON cannot hold") {
  CHECK(error_of([] { json_text(Json(std::nanf("")), 0); }) == "nan cannot be written as JSON");
  CHECK(error_of([] { json_text(Json("\xff"), 0); }).find("cannot be written as JSON") == 0);
}

TEST_CASE("parse_json says where a text is no JSON") {
  CHECK(error_of([] {
          parse_json("{\n  \"a\": 1,\n  b");
        }).find("not JSON: parse error at line 3, column 3") == 0);
  CHECK(error_of([] { parse_json(""); }).find("not JSON: parse error at line 1") == 0);
  CHECK(error_of([] { parse_json("[1e99]"); }).find("not JSON: number overflow") == 0);
  CHECK(error_of([] { parse_json("{\"a\": {\"b\": 1, \"b\": 2}}"); }) ==
        "key 'b' stands twice in one object");
  CHECK(parse_json("{\"a\": {\"b\": 1}, \"b\": [{\"b\": 1}]}").size() == 2);
  const std::string deep(100000, '[');
  CHECK(error_of([&] { parse_json(deep); }) == "lists and objects are nested more than 64 deep");
  CHECK(error_of([] { parse_json(std::string(64, '[') + std::string(64, ']')); }) == "no error");
}

TEST_CASE("a view names the way to what is wrong") {
  const Json json =
      parse_json(R"({"list": [{"n": 1.5, "t": "x", "big": 18446744073709551615}], "on": true})");
  const JsonView root(json);
  const JsonView first = root.at("list").elements().at(0);
  CHECK(first.at("n").number() == 1.5f);
  CHECK(first.at("t").text() == "x");
  CHECK(root.at("on").flag());
  CHECK_FALSE(first.find("nothing"));
  CHECK(error_of([&] { first.at("n").flag(); }) == "list[0].n: expected true or false, got 1.5");
  CHECK(error_of([&] { root.at("lust"); }) == "has no field 'lust'");
  CHECK(error_of([&] { first.at("m"); }) == "list[0]: has no field 'm'");
  CHECK(error_of([&] { first.at("n").text(); }) == "list[0].n: expected a text, got 1.5");
  CHECK(error_of([&] { first.at("t").number(); }) == "list[0].t: expected a number, got \"x\"");
  CHECK(error_of([&] { first.at("n").integer(0, 9); }) ==
        "list[0].n: expected a whole number from 0 to 9, got 1.5");
  CHECK(error_of([&] { first.at("big").integer(-1, 9); }) ==
        "list[0].big: expected a whole number from -1 to 9, got 18446744073709551615");
  CHECK(error_of([&] { root.at("on").elements(); }) == "on: expected a list, got true");
  CHECK(error_of([&] { root.at("on").at("x"); }) == "on: expected an object, got true");
  CHECK(error_of([&] { root.allow({"list", "in"}); }) == "unknown field 'on'");
  CHECK(error_of([&] {
          first.allow({"n", "t", "bit"});
        }) == "list[0]: unknown field 'big'; did you mean 'bit'?");
}

}  // namespace
}  // namespace qtool
