#include "base/parallel.h"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace qtool {
namespace {

TEST_CASE("parallel_for calls every index once, on any number of threads") {
  for (const int count : {1, 2, 4}) {
    set_threads(count);
    CHECK(threads() == count);
    for (const int64_t size : {0, 1, 3, 1000}) {
      std::vector<std::atomic<int>> calls(static_cast<std::size_t>(size));
      parallel_for(size, [&](int64_t i) { ++calls[static_cast<std::size_t>(i)]; });
      for (const auto& n : calls) CHECK(n == 1);
    }
  }
}

TEST_CASE("parallel_for runs on as many threads as were set") {
  for (const int count : {1, 3}) {
    set_threads(count);
    std::set<std::thread::id> ids;
    std::mutex mutex;
    std::atomic<int> arrived = 0;
    parallel_for(count, [&](int64_t) {
      ++arrived;
      while (arrived < count) std::this_thread::yield();  // ends only if all run at once
      const std::scoped_lock lock(mutex);
      ids.insert(std::this_thread::get_id());
    });
    CHECK(ids.size() == static_cast<std::size_t>(count));
    CHECK((count > 1 || *ids.begin() == std::this_thread::get_id()));
  }
}

TEST_CASE("parallel_for throws what the lowest failing index throws") {
  for (const int count : {1, 2, 4}) {
    set_threads(count);
    for (int repeat = 0; repeat < 50; ++repeat) {
      std::atomic<int64_t> done = 0;
      const auto run = [&] {
        parallel_for(100, [&](int64_t i) {
          if (i == 7) std::this_thread::yield();
          if (i >= 7) throw std::runtime_error(std::to_string(i));
          ++done;
        });
      };
      CHECK_THROWS_MATCHES(run(), std::runtime_error, Catch::Matchers::Message("7"));
      CHECK(done == 7);
    }
  }
}

TEST_CASE("parallel_ranges covers every index once, in ranges that are not too short") {
  for (const int count : {1, 2, 4}) {
    set_threads(count);
    for (const int64_t size : {0, 1, 7, 1000}) {
      std::vector<std::atomic<int>> calls(static_cast<std::size_t>(size));
      std::atomic<int> ranges = 0;
      std::atomic<int> ends = 0;
      parallel_ranges(size, 100, [&](int64_t begin, int64_t end) {
        ++ranges;
        ends += end == size;
        for (int64_t i = begin; i < end; ++i) ++calls[static_cast<std::size_t>(i)];
      });
      for (const auto& n : calls) CHECK(n == 1);
      CHECK(ranges == (size == 1000 ? count : size > 0 ? 1 : 0));
      CHECK(ends == (size > 0 ? 1 : 0));
    }
  }
}

TEST_CASE("OneThread holds as long as it lives, and only if it is wanted") {
  set_threads(3);
  {
    const OneThread one(true);
    CHECK(threads() == 1);
    const OneThread again(true);
    CHECK(threads() == 1);
  }
  CHECK(threads() == 3);
  const OneThread none(false);
  CHECK(threads() == 3);
  set_threads(1);
}

TEST_CASE("parallel_for inside another runs on the thread it is called from") {
  set_threads(2);
  std::atomic<int> elsewhere = 0;
  parallel_for(4, [&](int64_t) {
    const auto outer = std::this_thread::get_id();
    elsewhere += threads() != 1;
    parallel_for(10, [&](int64_t) { elsewhere += std::this_thread::get_id() != outer; });
  });
  CHECK(elsewhere == 0);
}

}  // namespace
}  // namespace qtool
