// The ISA manual, generated from the descriptions of the instructions and the hand-written chapters
// beside it. docs/isa.md is its printed form.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace npu {

// The whole manual as Markdown.
std::string manual();

// All instructions by unit, one line each, as plain text.
std::string manual_list();

// The page of one instruction as Markdown; nothing if there is none of that name.
std::optional<std::string> manual_page(std::string_view name);

std::vector<std::string_view> instruction_names();

// The hand-written chapters in order, each beginning with its heading.
std::span<const std::string_view> manual_chapters();

}  // namespace npu
