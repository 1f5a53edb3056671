// The one declaration of a configuration field: `v.field("rows", c.rows, {1, 128}, "...")`.
//
// What a visitor does with it (read a YAML node, print it, collect names) is the visitor's matter;
// the structs know nothing of YAML.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "isa/types.h"

namespace npu {

// Smallest and largest allowed value.
struct FieldRange {
  double low = 0, high = 0;
};

using TypeTable = std::array<int, kTypeCount>;  // a small number for each type, 0 by default
using TypeList = std::vector<Type>;

class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;

  virtual void field(const char* name, int64_t& value, FieldRange range, const char* doc) = 0;
  virtual void field(const char* name, double& value, FieldRange range, const char* doc) = 0;
  virtual void field(const char* name, bool& value, const char* doc) = 0;
  virtual void field(const char* name, std::string& value, const char* doc) = 0;
  virtual void field(const char* name, TypeTable& value, FieldRange range, const char* doc) = 0;
  virtual void field(const char* name, TypeList& value, const char* doc) = 0;

  void field(const char* name, int& value, FieldRange range, const char* doc) {
    int64_t wide = value;
    field(name, wide, range, doc);
    value = static_cast<int>(wide);
  }

  // A nested struct: its fields are named name.field.
  template <class Struct>
  void group(const char* name, Struct& value, const char* doc) {
    enter(name, doc);
    value.visit(*this);
    leave();
  }

 protected:
  virtual void enter(const char* name, const char* doc) = 0;
  virtual void leave() = 0;
};

}  // namespace npu
