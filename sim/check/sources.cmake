list(APPEND NPU_SIM_SOURCES
  check/checker.cpp
  check/clock.cpp
  check/hazard_log.cpp
  check/launch_buffers.cpp
  check/mutants.cpp
  check/order.cpp
  check/report.cpp
  check/shadow.cpp)
list(APPEND NPU_SIM_HEADERS
  check/checker.h
  check/clock.h
  check/hazard_log.h
  check/launch_buffers.h
  check/mutants.h
  check/order.h
  check/report.h
  check/shadow.h)
# A checked run spends its time here.
set_source_files_properties(check/shadow.cpp check/checker.cpp PROPERTIES COMPILE_OPTIONS "-O2")
