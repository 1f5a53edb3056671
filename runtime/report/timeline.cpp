#include "runtime/report/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "isa/encoding/enum_names.h"

namespace npu {

namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

char letter_of(uint64_t serial) { return kLetters[(serial - 1) % kLetters.size()]; }

std::string core_name(int32_t core) {
  return core == 0 ? "cube core" : fmt::format("vector core {}", core - 1);
}

std::string_view source_text(const Program& program, const EventPlace& place) {
  const CoreCode& code = place.core == 0 ? program.cube : program.vector;
  if (place.pc >= code.lines.size() || code.lines[place.pc] >= program.sources.size()) return {};
  return program.sources[code.lines[place.pc]].text;
}

}  // namespace

void Timeline::on_start(const EventPlace& place, const Command&) {
  if (place.group == group_ && place.cycle < cycles_) items_.push_back({place, 0});
}

void Timeline::on_retire(const EventPlace& place, const Command&) {
  if (place.group != group_) return;
  for (auto item = items_.rbegin(); item != items_.rend(); ++item) {
    const EventPlace& start = item->place;
    if (start.core != place.core || start.unit != place.unit || start.serial != place.serial)
      continue;
    item->retired = place.cycle;
    return;
  }
}

std::string Timeline::picture(int width) const {
  uint64_t end = 1;
  for (const Item& item : items_) end = std::max(end, std::min(item.retired, cycles_));
  const uint64_t step = (end + static_cast<uint64_t>(width) - 1) / static_cast<uint64_t>(width);
  std::map<std::pair<int32_t, Unit>, std::string> lines;
  for (const Item& item : items_) {
    std::string& line = lines[{item.place.core, item.place.unit}];
    line.resize(static_cast<size_t>((end + step - 1) / step), '.');
    const uint64_t last = std::min(std::max(item.retired, item.place.cycle + 1), end);
    for (uint64_t at = item.place.cycle / step; at * step < last; ++at) {
      line[static_cast<size_t>(at)] = letter_of(item.place.serial);
    }
  }
  std::string text = fmt::format(
      "cycles 0 to {} of group {}, {} a column; a letter is an instruction\n", end, group_, step);
  int32_t core = -1;
  for (const auto& [unit, line] : lines) {
    if (unit.first != core) text += core_name(core = unit.first) + "\n";
    text += fmt::format("  {:<7}{}\n", name_of(unit.second), line);
  }
  return text;
}

std::string Timeline::list(const Program& program) const {
  std::string text = " begins    ends  unit    instruction\n";
  for (const Item& item : items_) {
    text += fmt::format("{:>7} {:>7}  {:<6}{} {}{}\n", item.place.cycle, item.retired,
                        name_of(item.place.unit), letter_of(item.place.serial),
                        item.place.core == 0 ? "" : core_name(item.place.core) + ": ",
                        source_text(program, item.place));
  }
  return text;
}

}  // namespace npu
