// Bulk tables of micro-benchmarks: a CSV file of `table,c0,...,c6` rows whose columns mean what
// the name of the table says. Such files are not part of npukit; the caller names their folder.
#pragma once

#include <string>
#include <vector>

#include "runtime/validate/measurement.h"

namespace npu {

// The rows of all *.csv of a folder whose first column is `table`; other files are passed over.
// Tables that name an operation without counterpart in the ISA, leave their shape open or
// contradict themselves have `unscored` set. Throws InputError for a folder without such a file.
std::vector<Measurement> read_bulk_tables(const std::string& folder);

}  // namespace npu
