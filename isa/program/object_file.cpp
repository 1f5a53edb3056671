#include "isa/program/object_file.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <set>
#include <string_view>

#include "isa/errors.h"
#include "isa/instructions/operands.h"

namespace npu {
namespace {

constexpr std::string_view kMagic = "npuobj\r\n";
constexpr size_t kHeaderBytes = 24;
constexpr uint64_t kMaxPayload = uint64_t{1} << 30;
constexpr size_t kMaxControlWords = size_t{1} << 16;

uint32_t checksum(std::span<const std::byte> bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

class Writer {
 public:
  template <class T>
  void number(T value) {
    for (size_t i = 0; i < sizeof(T); ++i) {
      bytes.push_back(static_cast<std::byte>(static_cast<uint64_t>(value) >> (8 * i)));
    }
  }
  void flag(bool value) { number(static_cast<uint8_t>(value ? 1 : 0)); }
  void text(std::string_view value) {
    number(static_cast<uint32_t>(value.size()));
    const auto* begin = reinterpret_cast<const std::byte*>(value.data());
    bytes.insert(bytes.end(), begin, begin + value.size());
  }
  template <class List, class Fn>
  void list(const List& values, const Fn& each) {
    number(static_cast<uint32_t>(values.size()));
    for (const auto& value : values) each(value);
  }

  std::vector<std::byte> bytes;
};

class Reader {
 public:
  Reader(std::span<const std::byte> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  template <class T>
  T number() {
    need(sizeof(T));
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      value |= static_cast<uint64_t>(bytes_[at_ + i]) << (8 * i);
    }
    at_ += sizeof(T);
    return static_cast<T>(value);
  }
  // A number up to `highest`.
  template <class T>
  T code(uint32_t highest, std::string_view what) {
    const T value = number<T>();
    if (static_cast<uint64_t>(value) > highest) {
      fail(std::string(what) + " is " + std::to_string(static_cast<uint64_t>(value)) +
           "; allowed: 0 to " + std::to_string(highest));
    }
    return value;
  }
  bool flag(std::string_view what) { return code<uint8_t>(1, what) != 0; }
  std::string text() {
    const auto size = number<uint32_t>();
    need(size);
    if (size > kMaxTextBytes) {
      fail("a text of " + std::to_string(size) + " bytes; allowed: up to " +
           std::to_string(kMaxTextBytes));
    }
    std::string value(reinterpret_cast<const char*>(bytes_.data()) + at_, size);
    at_ += size;
    return value;
  }
  // Reads a length, then calls `each` so often; each element takes at least `least` bytes.
  template <class T, class Fn>
  void list(std::vector<T>& values, size_t least, size_t most, const Fn& each) {
    const auto count = number<uint32_t>();
    if (count > most) {
      fail("a list of " + std::to_string(count) + "; allowed: up to " + std::to_string(most));
    }
    need(uint64_t{count} * least);
    values.reserve(count);
    for (uint32_t i = 0; i < count; ++i) values.push_back(each());
  }
  void finish() {
    if (at_ != bytes_.size()) {
      fail(std::to_string(bytes_.size() - at_) + " bytes behind the end of the program");
    }
  }
  [[noreturn]] void fail(const std::string& problem) const {
    throw InputError(name_ + ": no valid object file: " + problem + " (before byte " +
                     std::to_string(at_) + ")");
  }

 private:
  void need(uint64_t count) const {
    if (count > bytes_.size() - at_) {
      fail("cut short: " + std::to_string(count) + " more bytes expected, " +
           std::to_string(bytes_.size() - at_) + " left");
    }
  }

  std::span<const std::byte> bytes_;
  const std::string& name_;
  size_t at_ = 0;
};

void write_code(Writer& out, const CoreCode& code) {
  out.list(code.words, [&](const Word& word) {
    out.number(word.lo);
    out.number(word.hi);
  });
  out.list(code.flags, [&](const FlagDecl& flag) {
    out.number(flag.id);
    out.number(flag.initial);
    out.number(flag.limit);
    out.text(flag.name);
  });
  out.list(code.lines, [&](uint32_t line) { out.number(line); });
}

CoreCode read_code(Reader& in) {
  CoreCode code;
  in.list(code.words, 16, kMaxWords, [&] {
    Word word;
    word.lo = in.number<uint64_t>();
    word.hi = in.number<uint64_t>();
    return word;
  });
  std::bitset<kFlags> seen;
  in.list(code.flags, 13, kFlags, [&] {
    FlagDecl flag;
    flag.id = in.code<uint8_t>(kFlags - 1, "a flag's id");
    flag.initial = in.number<uint32_t>();
    flag.limit = in.number<uint32_t>();
    flag.name = in.text();
    const std::string id = std::to_string(flag.id);
    if (seen[flag.id]) in.fail("flag " + id + " is declared twice");
    if (flag.initial > flag.limit) in.fail("flag " + id + " begins above its limit");
    seen[flag.id] = true;
    return flag;
  });
  in.list(code.lines, 4, kMaxWords, [&] { return in.number<uint32_t>(); });
  return code;
}

// Parameters and workspaces share one space of names.
void check_names(const Reader& in, const Program& program) {
  std::set<std::string_view> names;
  const auto add = [&](const std::string& name) {
    if (!names.insert(name).second) in.fail("two parameters or workspaces are named " + name);
  };
  for (const Parameter& p : program.parameters) add(p.name);
  for (const Workspace& w : program.workspaces) add(w.name);
}

void check_lines(const Reader& in, const CoreCode& code, size_t sources) {
  if (code.lines.empty()) return;
  if (code.lines.size() != code.words.size()) in.fail("the source map is not as long as the code");
  const uint32_t highest = *std::max_element(code.lines.begin(), code.lines.end());
  if (highest >= sources) in.fail("the source map names a line that is not there");
}

void write_payload(Writer& out, const Program& program) {
  out.text(program.name);
  out.text(program.machine);
  out.list(program.parameters, [&](const Parameter& p) {
    out.text(p.name);
    out.number(static_cast<uint8_t>(p.kind));
    out.number(static_cast<uint8_t>(p.type));
    out.flag(p.output);
    out.flag(p.control);
    out.number(p.rank);
  });
  out.list(program.workspaces, [&](const Workspace& w) {
    out.text(w.name);
    out.number(w.bytes);
    out.flag(w.per_group);
    out.flag(w.zeroed);
  });
  out.list(program.strings, [&](const std::string& text) { out.text(text); });
  write_code(out, program.cube);
  write_code(out, program.vector);
  out.list(program.sources, [&](const SourceLine& source) {
    out.text(source.file);
    out.number(source.line);
    out.text(source.text);
  });
}

Program read_payload(Reader& in) {
  Program program;
  program.name = in.text();
  program.machine = in.text();
  in.list(program.parameters, 12, kMaxControlWords, [&] {
    Parameter p;
    p.name = in.text();
    p.kind = in.code<Parameter::Kind>(2, "a parameter's kind");
    p.type = in.code<Type>(kTypeCount - 1, "a parameter's type");
    p.output = in.flag("a parameter's direction");
    p.control = in.flag("a parameter's storage");
    p.rank = in.number<uint32_t>();
    return p;
  });
  in.list(program.workspaces, 14, kMaxControlWords, [&] {
    Workspace w;
    w.name = in.text();
    w.bytes = in.number<uint64_t>();
    w.per_group = in.flag("a workspace's scope");
    w.zeroed = in.flag("a workspace's content");
    return w;
  });
  in.list(program.strings, 4, kMaxStrings, [&] { return in.text(); });
  program.cube = read_code(in);
  program.vector = read_code(in);
  in.list(program.sources, 12, 2 * kMaxWords, [&] {
    SourceLine source;
    source.file = in.text();
    source.line = in.number<uint32_t>();
    source.text = in.text();
    return source;
  });
  in.finish();
  check_names(in, program);
  check_lines(in, program.cube, program.sources.size());
  check_lines(in, program.vector, program.sources.size());
  return program;
}

}  // namespace

bool is_object(std::span<const std::byte> bytes) {
  return bytes.size() >= kMagic.size() &&
         std::equal(kMagic.begin(), kMagic.end(), bytes.begin(),
                    [](char c, std::byte byte) { return static_cast<std::byte>(c) == byte; });
}

std::vector<std::byte> write_object(const Program& program) {
  Writer payload;
  write_payload(payload, program);
  Writer file;
  for (const char c : kMagic) file.number(c);
  file.number(kObjectVersion);
  file.number(checksum(payload.bytes));
  file.number(static_cast<uint64_t>(payload.bytes.size()));
  file.bytes.insert(file.bytes.end(), payload.bytes.begin(), payload.bytes.end());
  return std::move(file.bytes);
}

Program read_object(std::span<const std::byte> bytes, const std::string& name) {
  if (!is_object(bytes)) {
    throw InputError(name + ": no object file: it does not begin with npuobj; npu asm writes one");
  }
  Reader header(bytes.subspan(kMagic.size()), name);
  const auto version = header.number<uint32_t>();
  if (version != kObjectVersion) {
    throw InputError(name + ": object file of version " + std::to_string(version) +
                     "; this npu reads version " + std::to_string(kObjectVersion));
  }
  const auto expected = header.number<uint32_t>();
  const auto size = header.number<uint64_t>();
  const auto payload = bytes.subspan(kHeaderBytes);
  if (size != payload.size() || size > kMaxPayload) {
    throw InputError(name + ": no valid object file: its header announces " + std::to_string(size) +
                     " bytes, " + std::to_string(payload.size()) + " follow; allowed: up to " +
                     std::to_string(kMaxPayload));
  }
  if (checksum(payload) != expected) {
    throw InputError(name + ": no valid object file: its checksum is wrong, it was changed");
  }
  Reader in(payload, name);
  return read_payload(in);
}

}  // namespace npu
