// The performance table as text: for the terminal and for the documentation.
#pragma once

#include <string>
#include <vector>

#include "runtime/performance/performance.h"

namespace npu {

// What the rows' machines can get of HBM, then a line for each share of each row.
std::string performance_text(const std::vector<PerformanceRow>& rows);

// The same as tables of Markdown.
std::string performance_markdown(const std::vector<PerformanceRow>& rows);

// A page with everything behind its line `<!-- npu performance -->` replaced by the tables. Throws
// InputError if it has no such line.
std::string page_with_performance(const std::string& page, const std::vector<PerformanceRow>& rows);

}  // namespace npu
