#include "calib/statistics/table_file.h"

#include <catch2/catch_test_macros.hpp>
#include <random>

#include "error_of.h"

namespace qtool {
namespace {

// What calibration keeps of sample `number`.
CalibrationTable sample(int64_t number) {
  std::mt19937 random(static_cast<uint32_t>(number));
  std::normal_distribution<float> normal(0, static_cast<float>(1 + number % 5));
  Tensor values(DType::kFloat32, {2, 3, 50});
  for (int64_t i = 0; i < values.size(); ++i) values.mutable_data<float>()[i] = normal(random);
  CalibrationTable table;
  table.statistics["x"].observe(values, number);
  table.values["x"] = table.statistics["x"].extremes;
  observe_channels(table.channels["x"], values, 1);
  table.sums["x"].observe(values, 1);
  table.values["y"].observe(values);
  table.values["unseen"];
  table.samples.add(number);
  return table;
}

std::string joined(const std::vector<std::vector<int64_t>>& shards) {
  CalibrationTable all;
  for (const std::vector<int64_t>& shard : shards) {
    CalibrationTable part;
    for (const int64_t number : shard) merge(part, sample(number));
    merge(all, parse_table(table_json(part, "f"), "f"));
  }
  return table_json(all, "f");
}

TEST_CASE("tables of shards, through files and in any order, join to the same bytes") {
  const std::string whole = joined({{0, 1, 2, 3, 4, 5, 6}});
  CHECK(joined({{1, 3, 5}, {0, 2, 4, 6}}) == whole);
  CHECK(joined({{6}, {5}, {4}, {3}, {2}, {1}, {0}}) == whole);
  CHECK(table_json(parse_table(whole, "f"), "f") == whole);
  CHECK(table_fingerprint(whole) == "f");
}

TEST_CASE("a table keeps the extremes of the last samples only") {
  CalibrationTable all;
  for (int64_t i = 0; i < 1100; ++i) merge(all, sample((i * 7) % 1100));
  const auto& recent = all.statistics.at("x").recent;
  CHECK(recent.size() == Statistics::kRecent);
  CHECK(recent.begin()->first == 1100 - 1024);
}

TEST_CASE("what is no table, or of another model, is refused with its place") {
  CHECK(error_of([] { joined({{0, 1}, {1}}); }) == "sample 1 is there twice");
  const std::string text = table_json(sample(0), "f");
  CHECK(error_of([&] { parse_table(text, "g"); }) ==
        "the table is of another model: it was made of f, this one is g");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string copy = text;
    copy.replace(copy.find(from), from.size(), to);
    return error_of([&] { parse_table(copy, "f"); });
  };
  CHECK(changed("qtool-calibration", "qtool-plan") ==
        "format: expected \"qtool-calibration\", got \"qtool-plan\"");
  CHECK(changed("[0, 1]", "[1, 1]").starts_with("samples[0][1]: expected"));
  CHECK(changed("\"histogram\"", "\"histgram\"").find("did you mean 'histogram'") !=
        std::string::npos);
  CHECK(changed("[300,", "[301,").find("counts: do not add up") != std::string::npos);
  CHECK(changed("[300,", "[9223372036854775807,").find("range[0]: expected") != std::string::npos);
  CHECK(changed("\"width\": -", "\"width\": 9").find("width: expected") != std::string::npos);
}

}  // namespace
}  // namespace qtool
