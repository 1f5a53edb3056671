list(APPEND NPU_SIM_SOURCES
     functional/atomic_rows.cpp functional/backlog.cpp functional/copy.cpp functional/cube_execute.cpp functional/drain_execute.cpp
     functional/execute.cpp functional/footprint.cpp functional/gm.cpp functional/movement_execute.cpp
     functional/movement_operands.cpp functional/rules.cpp functional/scalar.cpp functional/state.cpp
     functional/validate.cpp functional/vector_arithmetic.cpp functional/vector_operands.cpp
     functional/vector_reduce.cpp functional/vector_scatter.cpp functional/vector_select.cpp
     functional/vector_shuffle.cpp functional/vector_sort.cpp functional/view.cpp)
list(APPEND NPU_SIM_HEADERS
     functional/atomic_rows.h functional/backlog.h functional/copy.h functional/cube_views.h functional/execute.h functional/footprint.h functional/gm.h
     functional/inline_vector.h functional/operands.h functional/rules.h functional/run.h functional/scalar.h
     functional/state.h functional/validate.h functional/vector_rows.h functional/view.h)
# Always optimised, like the numerics: the flags let selects vectorise, no result depends on them.
set_source_files_properties(
  functional/copy.cpp functional/drain_execute.cpp functional/vector_arithmetic.cpp functional/vector_reduce.cpp
  functional/vector_select.cpp functional/vector_shuffle.cpp
  PROPERTIES COMPILE_OPTIONS "-O3;-fno-math-errno;-fno-trapping-math")
