// The comparison with hardware as text: for the terminal and for the documentation.
#pragma once

#include <string>
#include <vector>

#include "runtime/validate/validate.h"

namespace npu {

// One line a row and one a summary, then the fitted parameters of each machine.
std::string validation_text(const std::vector<ValidationRow>& rows);

// Its summaries as a table of Markdown.
std::string summary_markdown(const std::vector<ValidationRow>& rows);

// The same as a page of Markdown.
std::string validation_markdown(const std::vector<ValidationRow>& rows);

// The machines of the rows, in order of first appearance.
std::vector<std::string> machines_of(const std::vector<ValidationRow>& rows);

}  // namespace npu
