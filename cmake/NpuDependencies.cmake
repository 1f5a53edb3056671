# Every package the libraries and the command use, found in one place. All of them come from Debian.
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(systemc REQUIRED IMPORTED_TARGET systemc)

# NOTE: Debian's SystemC library exports the C++17 API symbol; a C++20 build has to ask for that one.
add_library(npu_systemc INTERFACE)
add_library(npukit::systemc ALIAS npu_systemc)
set_target_properties(npu_systemc PROPERTIES EXPORT_NAME systemc)
target_link_libraries(npu_systemc INTERFACE PkgConfig::systemc)
target_compile_definitions(npu_systemc INTERFACE SC_CPLUSPLUS=201703L SC_INCLUDE_DYNAMIC_PROCESSES)

if(NPU_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(NPU_CCACHE_PROGRAM ccache)
  mark_as_advanced(NPU_CCACHE_PROGRAM)
  if(NPU_CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${NPU_CCACHE_PROGRAM})
  endif()
endif()
