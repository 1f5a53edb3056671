#include <catch2/catch.hpp>
#include <cmath>
#include <random>

#include "isa/numerics/convert.h"
#include "kernels/kit/kit.h"
#include "sim/soc/simulator.h"
#include "tests/unit/kernels/kit/kernels.h"

// Lowered kernels on the simulator, under the sanitizer, on both kinds of path.
namespace npu::test {
namespace {

using namespace types;

class Bench {
 public:
  explicit Bench(const char* name) : simulator_(config(name), {.check = true}) {}

  const Limits& limits() const { return simulator_.limits(); }

  uint64_t put(const std::vector<float>& numbers, Type type = f32) {
    const uint64_t bytes = bytes_of(type, numbers.size());
    std::vector<std::byte> stored(bytes);
    convert(numbers.data(), f32, stored.data(), type, numbers.size());
    const uint64_t at = simulator_.gm().allocate(bytes, Storage::kData, "tensor");
    simulator_.gm().write(at, stored.data(), bytes);
    return at;
  }
  uint64_t put_integers(const std::vector<int32_t>& numbers) {
    const uint64_t at = simulator_.gm().allocate(numbers.size() * 4, Storage::kControl, "integers");
    simulator_.gm().write(at, numbers.data(), numbers.size() * 4);
    return at;
  }
  template <class T>
  std::vector<T> get(uint64_t at, size_t count) {
    std::vector<T> numbers(count);
    simulator_.gm().read(at, numbers.data(), count * sizeof(T));
    return numbers;
  }

  void run(const Program& program, std::vector<uint64_t> words) {
    for (const Workspace& workspace : program.workspaces) {
      const auto groups = static_cast<uint64_t>(limits().groups);
      words.push_back(
          simulator_.gm().allocate(workspace_stride(workspace) * (workspace.per_group ? groups : 1),
                                   Storage::kData, workspace.name));
    }
    const RunResult result = simulator_.run(program, words);
    INFO((result.fault ? result.fault->text() : ""));
    REQUIRE(!result.fault);
    for (const Hazard& hazard : result.check.hazards) {
      INFO(hazard.text());
      CHECK(false);
    }
  }

 private:
  static MachineConfig config(const char* name) {
    MachineConfig machine = load_machine(name);
    machine.groups = 3;
    return machine;
  }
  Simulator simulator_;
};

std::vector<float> randoms(size_t count, uint32_t seed) {
  std::mt19937 engine(seed);
  std::vector<float> numbers(count);
  // Multiples of 1/8 are exact in f16, and so are small sums of their products in f32.
  for (float& x : numbers) x = static_cast<float>(static_cast<int>(engine() % 33) - 16) / 8;
  return numbers;
}

TEST_CASE("vector_add adds any number of elements") {
  Bench bench("base");
  const Program program = vector_add(bench.limits());
  for (const size_t n : {1u, 31u, 1024u, 1025u, 20000u}) {
    const auto a = randoms(n, 1), b = randoms(n, 2);
    const uint64_t out = bench.put(std::vector<float>(n));
    bench.run(program, {n, bench.put(a), bench.put(b), out});
    const auto c = bench.get<float>(out, n);
    for (size_t i = 0; i < n; ++i) REQUIRE(c[i] == a[i] + b[i]);
  }
}

TEST_CASE("matmul has the right tails") {
  Bench bench("base");
  const Program program = matmul(bench.limits());
  const size_t shapes[][3] = {{1, 1, 1}, {64, 64, 128}, {65, 63, 129}, {17, 130, 300}};
  for (const auto& [m, n, k] : shapes) {
    const auto a = randoms(m * k, 3), b = randoms(n * k, 4);
    const uint64_t out = bench.put(std::vector<float>(m * n));
    bench.run(program, {m, n, k, bench.put(a, f16), bench.put(b, f16), out});
    const auto c = bench.get<float>(out, m * n);
    for (size_t i = 0; i < m * n; ++i) {
      float want = 0;
      for (size_t j = 0; j < k; ++j) want += a[i / n * k + j] * b[i % n * k + j];
      REQUIRE(c[i] == want);
    }
  }
}

TEST_CASE("a sum handed over by sub-tiles is the same") {
  Bench bench("base");
  const size_t m = 200, n = 190, k = 300;
  const auto a = randoms(m * k, 3), b = randoms(n * k, 4);
  const uint64_t whole = bench.put(std::vector<float>(m * n));
  const uint64_t parts = bench.put(std::vector<float>(m * n));
  const uint64_t left = bench.put(a, f16), right = bench.put(b, f16);
  bench.run(matmul(bench.limits(), {.depth = 300}), {m, n, left, right, whole});
  bench.run(matmul(bench.limits(), {.handover = true, .depth = 300}), {m, n, left, right, parts});
  CHECK(bench.get<float>(whole, m * n) == bench.get<float>(parts, m * n));
}

TEST_CASE("data goes from cube to vector and back on both kinds of path") {
  for (const char* name : {"base", "base-gm"}) {
    Bench bench(name);
    for (const FlowShape flow : {FlowShape{0, 1, 1}, FlowShape{1, 2, 1}, FlowShape{2, 2, 2}}) {
      const Program program = there_and_back(bench.limits(), flow);
      const size_t sizes[][2] = {{1, 1}, {32, 64}, {33, 70}, {150, 95}};
      for (const auto& [tokens, keys] : sizes) {
        const auto q = randoms(tokens * 32, 5), k = randoms(keys * 32, 6),
                   v = randoms(keys * 32, 7);
        const uint64_t out = bench.put(std::vector<float>(tokens * 32));
        bench.run(program,
                  {tokens, keys, bench.put(q, f16), out, bench.put(k, f16), bench.put(v, f16)});
        const auto got = bench.get<float>(out, tokens * 32);
        for (size_t t = 0; t < tokens; ++t) {
          std::vector<double> want(32), size(32);
          for (size_t j = 0; j < keys; ++j) {
            double score = 0;
            for (size_t d = 0; d < 32; ++d) score += double{q[t * 32 + d]} * k[j * 32 + d];
            for (size_t d = 0; d < 32; ++d) want[d] += std::max(score, 0.0) * v[j * 32 + d];
            for (size_t d = 0; d < 32; ++d) size[d] += std::fabs(score * v[j * 32 + d]);
          }
          for (size_t d = 0; d < 32; ++d) {
            // One rounding of each score to f16.
            REQUIRE(std::fabs(got[t * 32 + d] - want[d]) <= size[d] * 0x1p-11 + 1e-4);
          }
        }
      }
    }
  }
}

TEST_CASE("variables, reads, conditions and deals follow the program's order") {
  Bench bench("base");
  Kernel k{"ragged", bench.limits()};
  // Rows of each of five parts are scaled by the part's number; parts begin where the last ended.
  const Tensor counts = k.tensor("counts", i32, {5});
  const Tensor in = k.tensor("in", f32, {100, 64}), out = k.tensor("out", f32, {100, 64});
  Ring& x = k.ring("x", Mem::kUb, f32, {1, 64}, 2);
  Ring& y = k.ring("y", Mem::kUb, f32, {1, 64}, 2);
  Var first = k.var(0), turn = k.var(0);
  k.loop("part", 5, [&](Int part) {
    const Int count = k.read(counts.at(part));
    const Int begin = first;
    first += count;  // `begin` keeps the value from before
    k.deal(turn, count, [&](Int i) {
      k.when(k.vector() == 0, [&] {
        k.load(x.push(), in.from(begin + i, 0));
        k.use(x.pop(), y.push(), [&](Tile from, Tile to) {
          k.vec.mul(to, from, part + 1);
          k.when(i == 0, [&] { k.vec.add(to, to, 100); });
        });
        k.store(out.from(begin + i, 0), y.pop());
      });
    });
  });
  const Program program = k.finish();
  const std::vector<int32_t> sizes = {3, 0, 7, 1, 11};
  const auto numbers = randoms(100 * 64, 8);
  const uint64_t result = bench.put(std::vector<float>(100 * 64));
  bench.run(program, {bench.put_integers(sizes), bench.put(numbers), result});
  const auto got = bench.get<float>(result, 100 * 64);
  size_t row = 0;
  for (size_t part = 0; part < sizes.size(); ++part) {
    for (int i = 0; i < sizes[part]; ++i, ++row) {
      for (size_t c = 0; c < 64; ++c) {
        const float want =
            numbers[row * 64 + c] * static_cast<float>(part + 1) + (i == 0 ? 100.0F : 0.0F);
        REQUIRE(got[row * 64 + c] == want);
      }
    }
  }
  for (size_t i = row * 64; i < got.size(); ++i) REQUIRE(got[i] == 0);
}

TEST_CASE("scalars beyond the registers have the right values all the same") {
  Bench bench("base");
  Kernel k{"many", bench.limits()};
  std::vector<Int> given;
  for (int i = 0; i < 80; ++i) given.push_back(k.arg("a" + std::to_string(i)));
  const Int turns = k.arg("turns");
  const Tensor out = k.tensor("out", f32, {turns, 64});
  Ring& sum = k.ring("sum", Mem::kUb, f32, {1, 64}, 3);
  k.when(k.group() == 0 && k.vector() == 0, [&] {
    k.loop("i", turns, [&](Int i) {
      k.use(sum.push(), [&](Tile to) {
        k.vec.fill(to, 0);
        for (const Int& a : given) k.vec.add(to, to, a * i + a);
        k.when(i % 3 == 1 || i == 5, [&] { k.vec.add(to, to, given[7] - i); });
      });
      k.store(out.tile(i, 0), sum.pop());
    });
  });
  const Program program = k.finish();
  std::vector<uint64_t> words;
  float total = 0;
  for (uint64_t i = 0; i < 80; ++i) {
    words.push_back(3 * i + 1);
    total += static_cast<float>(words.back());
  }
  const uint64_t result = bench.put(std::vector<float>(7 * 64));
  words.push_back(7);
  words.push_back(result);
  bench.run(program, words);
  const auto got = bench.get<float>(result, 7 * 64);
  for (int i = 0; i < 7; ++i) {
    const float extra = i % 3 == 1 || i == 5 ? static_cast<float>(22 - i) : 0.0F;
    REQUIRE(got[static_cast<size_t>(i) * 64 + 63] == total * static_cast<float>(i + 1) + extra);
  }
}

TEST_CASE("a slot can be peeked now and popped two steps later") {
  Bench bench("base");
  Kernel k{"peek", bench.limits()};
  // out[i] = in[i] + in[i + 2], each row loaded once.
  const Dim row = k.dim("row", 1);
  const Tensor in = k.tensor("in", f32, {12, 64}), out = k.tensor("out", f32, {10, 64});
  Ring& x = k.ring("x", Mem::kUb, f32, {1, 64}, 4);
  Ring& y = k.ring("y", Mem::kUb, f32, {1, 64}, 2);
  Ring& late = k.ring("late", Mem::kUb, f32, {1, 64}, 4);
  k.when(k.group() == 0 && k.vector() == 0, [&] {
    k.stages("i", 12, row,
             {{0, [&](Int i) { k.load(x.push(), in.tile(i, 0)); }},
              {0, [&](Int) { k.vec.copy(late.push(), x.peek()); }},
              {2, [&](Int i) {
                 k.use(y.push(), [&](Tile sum) {
                   k.use(late.pop(), x.pop(), [&](Tile a, Tile b) { k.vec.add(sum, a, b); });
                 });
                 k.store(out.rows(0, 10).from(i, 0), y.pop());
               }}});
  });
  const Program program = k.finish();
  const auto numbers = randoms(12 * 64, 9);
  const uint64_t result = bench.put(std::vector<float>(10 * 64));
  bench.run(program, {bench.put(numbers), result});
  const auto got = bench.get<float>(result, 10 * 64);
  for (size_t i = 0; i < 10 * 64; ++i) REQUIRE(got[i] == 2 * numbers[i]);
}

TEST_CASE("a prefetch runs ahead of nested loops, over their ends and tails") {
  Bench bench("base");
  for (const int64_t tasks : {1, 2, 3, 10}) {
    for (const int distance : {1, 2, 3}) {
      Kernel k{"prefetch", bench.limits()};
      // out[task] = sum over the three parts of in[task], the last of them 10 columns.
      constexpr int64_t kCols = 74, kPart = 32, kParts = 3;
      const Dim cols = k.dim("cols", kPart);
      const Tensor in = k.tensor("in", f32, {tasks, kCols}), out = k.tensor("out", f32, {tasks, 1});
      Ring& x = k.ring("x", Mem::kUb, f32, {1, cols}, 3);
      Ring& y = k.ring("y", Mem::kUb, f32, {1, 1}, 2);
      const Tile part_sum = k.buffer("part_sum", f32, {1, 1}), sum = k.buffer("sum", f32, {1, 1});
      const Int cores = k.groups() * k.vectors(), core = k.group() * k.vectors() + k.vector();
      const Int mine = (tasks - core + cores - 1) / cores;
      Prefetch parts = k.prefetch("parts", mine * kParts, distance, [&](Int item) {
        const auto [part, turn] = k.split(item, kParts);
        cols.clip(kCols - part * kPart);
        k.load(x.push(), in.tile(core + turn * cores, part));
      });
      k.tasks(tasks,
              [&](Int task) {
                k.vec.fill(sum, 0);
                k.loop("part", kParts, [&](Int part) {
                  parts.next();
                  cols.clip(kCols - part * kPart);
                  k.vec.row_sum(part_sum, x.pop());
                  k.vec.add(sum, sum, part_sum);
                });
                k.vec.copy(y.push(), sum);
                k.store(out.tile(task, 0), y.pop());
              },
              {.per = Per::kVector});
      const Program program = k.finish();
      const auto rows = static_cast<size_t>(tasks);
      const auto numbers = randoms(rows * kCols, 12);
      const uint64_t result = bench.put(std::vector<float>(rows));
      bench.run(program, {bench.put(numbers), result});
      const auto got = bench.get<float>(result, rows);
      for (size_t row = 0; row < rows; ++row) {
        float total = 0;  // of multiples of 1/8: exact in any order
        for (size_t i = 0; i < kCols; ++i) total += numbers[row * kCols + i];
        REQUIRE(got[row] == total);
      }
    }
  }
}

TEST_CASE("workspace carries data between phases of a launch across a barrier") {
  Bench bench("base");
  Kernel k{"phases", bench.limits()};
  const Tensor in = k.tensor("in", f32, {12, 64}), out = k.tensor("out", f32, {12, 64});
  const Tensor middle = k.workspace("middle", f32, {12, 64}, Per::kChip);
  Ring& x = k.ring("x", Mem::kUb, f32, {1, 64}, 2);
  Ring& y = k.ring("y", Mem::kUb, f32, {1, 64}, 2);
  const auto pass = [&](const Tensor& from, const Tensor& to, bool turned) {
    k.tasks(12,
            [&](Int i) {
              k.load(x.push(), from.tile(turned ? 11 - i : i, 0));
              k.vec.mul(y.push(), x.pop(), 2);
              k.store(to.tile(i, 0), y.pop());
            },
            {.per = Per::kVector});
  };
  pass(in, middle, false);
  k.barrier();
  pass(middle, out, true);
  const Program program = k.finish();
  const auto numbers = randoms(12 * 64, 10);
  const uint64_t result = bench.put(std::vector<float>(12 * 64));
  bench.run(program, {bench.put(numbers), result});
  const auto got = bench.get<float>(result, 12 * 64);
  for (size_t i = 0; i < got.size(); ++i) {
    REQUIRE(got[i] == 4 * numbers[(11 - i / 64) * 64 + i % 64]);
  }
}

TEST_CASE("a scalar comes back from the vector unit") {
  Bench bench("base");
  Kernel k{"feedback", bench.limits()};
  // Copies row m, where m is the column of the largest element of row 0.
  const Tensor in = k.tensor("in", f32, {64, 64}), out = k.tensor("out", f32, {1, 64});
  Ring& x = k.ring("x", Mem::kUb, f32, {1, 64}, 2);
  Ring& y = k.ring("y", Mem::kUb, f32, {1, 64}, 2);
  const Tile best = k.buffer("best", i32, {1, 1});
  k.when(k.group() == 0 && k.vector() == 0, [&] {
    k.load(x.push(), in.tile(0, 0));
    k.vec.row_argmax(best, x.pop());
    const Int row = k.read(best);
    k.load(x.push(), in.from(row, 0));
    k.vec.copy(y.push(), x.pop());
    k.store(out, y.pop());
  });
  const Program program = k.finish();
  auto numbers = randoms(64 * 64, 11);
  numbers[37] = 1000;
  const uint64_t result = bench.put(std::vector<float>(64));
  bench.run(program, {bench.put(numbers), result});
  const auto got = bench.get<float>(result, 64);
  for (size_t i = 0; i < 64; ++i) REQUIRE(got[i] == numbers[37 * 64 + i]);
}

}  // namespace
}  // namespace npu::test
