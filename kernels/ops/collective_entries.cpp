// The collectives as entries of the catalog. Row c of a tensor is what chip c has.
#include "isa/errors.h"
#include "kernels/ops/catalog_entries.h"
#include "kernels/ops/collectives.h"

namespace npu {

namespace {

CollectiveShape shape_of(const Options& o) {
  CollectiveShape s;
  s.chips = o.count("chips");
  s.type = o.float_type("dtype");
  s.count = (o.count("bytes") + bytes_of(s.type) - 1) / bytes_of(s.type);
  return s;
}

std::vector<OptionSpec> options_and(std::vector<OptionSpec> more) {
  std::vector<OptionSpec> options{
      {"bytes", "1048576", "bytes of the whole vector"},
      {"dtype", "fp16", "fp32 fp16 bf16"},
      {"chips", "1", "chips; npu run takes the machine's"},
  };
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

// The choice by size: what a chip must wait for against what its links must carry.
bool is_small(const CollectiveShape& s) { return s.count * bytes_of(s.type) <= 65536; }

std::string choice(const Options& o, std::initializer_list<std::string_view> allowed) {
  const std::string& text = o.text("algorithm");
  std::string names;
  for (const std::string_view name : allowed) {
    if (text == name) return text;
    names += " " + std::string(name);
  }
  throw InputError("--algorithm '" + text + "': allowed are" + names);
}

AllReduce all_reduce_choice(const Options& o) {
  const std::string text = choice(o, {"auto", "one_shot", "direct", "ring"});
  if (text == "ring") return AllReduce::kRing;
  if (text == "direct") return AllReduce::kDirect;
  return text == "one_shot" || is_small(shape_of(o)) ? AllReduce::kOneShot : AllReduce::kDirect;
}

Broadcast broadcast_choice(const Options& o) {
  const std::string text = choice(o, {"auto", "star", "scatter"});
  if (text == "scatter") return Broadcast::kScatter;
  return text == "star" || is_small(shape_of(o)) ? Broadcast::kStar : Broadcast::kScatter;
}

enum class Size { kWhole, kPart };

template <Size in, Size out>
std::vector<OperatorArgument> arguments_of(const Options& o, uint64_t seed, Contents contents) {
  const CollectiveShape s = shape_of(o);
  const int64_t whole = s.chips * s.part();
  detail::Arguments list(seed, contents);
  list.input("x", s.type, {s.chips, in == Size::kWhole ? whole : s.part()});
  list.output("y", s.type, {s.chips, out == Size::kWhole ? whole : s.part()});
  return detail::one_part_a_chip(list.take());
}

// All of count elements, not of whole parts.
std::vector<OperatorArgument> vector_arguments(const Options& o, uint64_t seed, Contents contents) {
  const CollectiveShape s = shape_of(o);
  detail::Arguments list(seed, contents);
  list.input("x", s.type, {s.chips, s.count});
  list.output("y", s.type, {s.chips, s.count});
  return detail::one_part_a_chip(list.take());
}

template <auto arguments>
Work work_of(const Options& o) {
  return detail::work_of_a_chip(arguments(o, 0, Contents::kControlOnly), o.count("chips"));
}

// y[chip][i] = x at from(chip, i), bit for bit.
template <class From>
std::vector<Expected> moved(const OperatorArgument& x, int64_t chips, int64_t count,
                            const From& from) {
  Expected expected;
  for (int64_t chip = 0; chip < chips; ++chip) {
    for (int64_t i = 0; i < count; ++i) {
      expected.want.push_back(x.tensor.at(from(chip, i)));
      expected.bound.push_back(0);
    }
  }
  return {std::move(expected)};
}

std::vector<Expected> all_reduce_expected(const Options& o,
                                          std::span<const OperatorArgument> list) {
  const CollectiveShape s = shape_of(o);
  const bool ring = all_reduce_choice(o) == AllReduce::kRing;
  const Expected one =
      sum_reference(s, values_of(list[0].tensor), ring ? static_cast<int>(s.chips) - 2 : 0);
  return {detail::on_every_chip(one, s.chips)};
}

std::vector<Expected> reduce_scatter_expected(const Options& o,
                                              std::span<const OperatorArgument> list) {
  CollectiveShape s = shape_of(o);
  s.count = s.chips * s.part();
  return {sum_reference(s, values_of(list[0].tensor), 0)};
}

std::vector<Expected> all_gather_expected(const Options& o,
                                          std::span<const OperatorArgument> list) {
  const CollectiveShape s = shape_of(o);
  return moved(list[0], s.chips, s.chips * s.part(), [](int64_t, int64_t i) { return i; });
}

std::vector<Expected> all_to_all_expected(const Options& o,
                                          std::span<const OperatorArgument> list) {
  const CollectiveShape s = shape_of(o);
  const int64_t part = s.part();
  return moved(list[0], s.chips, s.chips * part, [&](int64_t chip, int64_t i) {
    return (i / part) * s.chips * part + chip * part + i % part;
  });
}

std::vector<Expected> broadcast_expected(const Options& o, std::span<const OperatorArgument> list) {
  const CollectiveShape s = shape_of(o);
  return moved(list[0], s.chips, s.count, [](int64_t, int64_t i) { return i; });
}

}  // namespace

Operator all_gather_entry() {
  constexpr auto arguments = arguments_of<Size::kPart, Size::kWhole>;
  return {
      .name = "all_gather",
      .doc = "every chip's part to every chip",
      .formula = "y[chip, c, :] = x[c, :]",
      .tolerance = "none: moved bit for bit",
      .options = options_and({}),
      .program = [](const Limits& machine,
                    const Options& o) { return all_gather(machine, shape_of(o)); },
      .arguments = arguments,
      .expected = all_gather_expected,
      .work = work_of<arguments>,
  };
}

Operator all_reduce_entry() {
  return {
      .name = "all_reduce",
      .doc = "the sum of a vector over all chips, on each of them",
      .formula = "y[chip, i] = sum over c of x[c, i]",
      .tolerance = "an f32 rounding an addition, and the rounding of y; of a ring, one a step",
      .options = options_and({{"algorithm", "auto",
                               "auto one_shot direct ring; auto is one_shot up to 64 KB, else "
                               "direct"}}),
      .program =
          [](const Limits& machine, const Options& o) {
            return all_reduce(machine, shape_of(o), all_reduce_choice(o));
          },
      .arguments = vector_arguments,
      .expected = all_reduce_expected,
      .work = work_of<vector_arguments>,
  };
}

Operator all_to_all_entry() {
  constexpr auto arguments = arguments_of<Size::kWhole, Size::kWhole>;
  return {
      .name = "all_to_all",
      .doc = "part c of every chip's vector to chip c",
      .formula = "y[chip, c, :] = x[c, chip, :]",
      .tolerance = "none: moved bit for bit",
      .options = options_and({}),
      .program = [](const Limits& machine,
                    const Options& o) { return all_to_all(machine, shape_of(o)); },
      .arguments = arguments,
      .expected = all_to_all_expected,
      .work = work_of<arguments>,
  };
}

Operator broadcast_entry() {
  return {
      .name = "broadcast",
      .doc = "the vector of chip 0 to every chip",
      .formula = "y[chip, i] = x[0, i]",
      .tolerance = "none: moved bit for bit",
      .options = options_and(
          {{"algorithm", "auto", "auto star scatter; auto is star up to 64 KB, else scatter"}}),
      .program =
          [](const Limits& machine, const Options& o) {
            return broadcast(machine, shape_of(o), broadcast_choice(o));
          },
      .arguments = vector_arguments,
      .expected = broadcast_expected,
      .work =
          [](const Options& o) {
            Work work = work_of<vector_arguments>(o);
            // The other chips read nothing of their own.
            work.read_bytes /= static_cast<double>(o.count("chips"));
            return work;
          },
  };
}

Operator reduce_scatter_entry() {
  constexpr auto arguments = arguments_of<Size::kWhole, Size::kPart>;
  return {
      .name = "reduce_scatter",
      .doc = "each chip's part of the sum of a vector over all chips",
      .formula = "y[chip, :] = sum over c of x[c, chip, :]",
      .tolerance = "an f32 rounding an addition, and the rounding of y",
      .options = options_and({}),
      .program = [](const Limits& machine,
                    const Options& o) { return reduce_scatter(machine, shape_of(o)); },
      .arguments = arguments,
      .expected = reduce_scatter_expected,
      .work = work_of<arguments>,
  };
}

}  // namespace npu
