# The four ways to add a target: npu_add_library, npu_add_test, npu_add_benchmark, npu_add_fuzzer.

# npu_add_library(name SOURCES a.cpp HEADERS a.h DEPENDS npu_isa fmt::fmt [PRIVATE_DEPENDS yaml-cpp])
#
# A static library npu_<layer>, exported as npukit::<layer>. Headers are a file set rooted at the repository, so that
# installed code includes them as "isa/..." too; the dev preset proves each of them self-contained.
function(npu_add_library name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;HEADERS;DEPENDS;PRIVATE_DEPENDS")
  npu_check_arguments(npu_add_library)
  add_library(${name} STATIC ${ARG_SOURCES})
  string(REGEX REPLACE "^npu_" "" short ${name})
  add_library(npukit::${short} ALIAS ${name})
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${short} OUTPUT_NAME npukit_${short})
  target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${ARG_HEADERS})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE_DEPENDS})
  npu_set_options(${name})
  set_property(GLOBAL APPEND PROPERTY NPU_LIBRARIES ${name})
endfunction()

# npu_add_test(name SOURCES a_test.cpp DEPENDS npu_isa LABELS fast)
#
# One Catch2 program; each program is one ctest entry with the given labels.
function(npu_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;DEPENDS;LABELS")
  npu_check_arguments(npu_add_test)
  add_executable(${name} ${ARG_SOURCES})
  npu_set_options(${name})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} Catch2::Catch2WithMain)
  target_compile_definitions(${name} PRIVATE NPU_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                             NPU_COMMAND="${PROJECT_BINARY_DIR}/npu")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}")
  # ctest starts the most expensive first; a new tree has no times to know them by.
  if(NOT fast IN_LIST ARG_LABELS)
    set_tests_properties(${name} PROPERTIES COST 10)
  endif()
endfunction()

# npu_add_benchmark(name SOURCES a_bench.cpp DEPENDS npu_sim)
#
# One Google Benchmark program with its own main from the library; `make bench` runs them all.
function(npu_add_benchmark name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;DEPENDS")
  npu_check_arguments(npu_add_benchmark)
  add_executable(${name} ${ARG_SOURCES})
  npu_set_options(${name})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} benchmark::benchmark_main)
  set_property(GLOBAL APPEND PROPERTY NPU_BENCHMARKS ${name})
endfunction()

# npu_add_fuzzer(name SOURCES a_fuzz.cpp DEPENDS npu_isa SEEDS folder)
#
# One libFuzzer program; its ctest entry starts from the seeds and runs for a bounded number of inputs and seconds.
function(npu_add_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "SEEDS" "SOURCES;DEPENDS")
  npu_check_arguments(npu_add_fuzzer)
  add_executable(${name} ${ARG_SOURCES})
  npu_set_options(${name})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${name} PRIVATE NPU_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set(corpus ${CMAKE_CURRENT_BINARY_DIR}/corpus/${name})
  file(MAKE_DIRECTORY ${corpus})
  add_test(NAME ${name} COMMAND ${name} -runs=${NPU_FUZZ_RUNS} -max_total_time=${NPU_FUZZ_SECONDS} -timeout=10
                                -rss_limit_mb=2048 -max_len=4096 ${corpus} ${ARG_SEEDS}
           WORKING_DIRECTORY ${corpus})
  set_tests_properties(${name} PROPERTIES LABELS fuzz)
endfunction()

# Language level, warnings and the floating-point contract of the project, for any target.
function(npu_set_options name)
  target_compile_features(${name} PUBLIC cxx_std_20)
  # NOTE: at -O3 GCC 12 finds overlaps and overruns in the standard library's own copies that are not there; the dev
  # preset keeps these warnings.
  set(gcc_o3 $<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>)
  target_compile_options(${name} PRIVATE $<${gcc_o3}:-Wno-restrict> $<${gcc_o3}:-Wno-array-bounds>
                                         $<${gcc_o3}:-Wno-stringop-overflow> $<${gcc_o3}:-Wno-stringop-overread>)
  # Results must be the same bits on every host: no fused multiply-add that the source did not ask for.
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers
                                         -ffp-contract=off $<$<BOOL:${NPU_WERROR}>:-Werror>)
endfunction()

# A misspelt keyword would silently become part of the list before it, or be dropped: refuse it.
macro(npu_check_arguments function)
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${function}: unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()
endmacro()
