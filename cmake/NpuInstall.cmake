# Install and export: every library added by npu_add_library, the npu command and the configurations, such that another
# project's find_package(npukit) gives npukit::isa, npukit::kit, npukit::ops, npukit::sim, npukit::runtime ...
include(CMakePackageConfigHelpers)

get_property(npu_libraries GLOBAL PROPERTY NPU_LIBRARIES)
set(npu_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/npukit)
install(TARGETS ${npu_libraries} npu_systemc EXPORT npukitTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/npukit)
if(TARGET npu)
  install(TARGETS npu RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs DESTINATION ${CMAKE_INSTALL_DATADIR}/npukit)
install(EXPORT npukitTargets NAMESPACE npukit:: DESTINATION ${npu_package_dir})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/npukitConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/npukitConfig.cmake
                              INSTALL_DESTINATION ${npu_package_dir} PATH_VARS CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/npukitConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/npukitConfig.cmake ${PROJECT_BINARY_DIR}/npukitConfigVersion.cmake
        DESTINATION ${npu_package_dir})

# What the tests and scripts need to know of the targets: the headers that are installed, the benchmark programs.
set(public_headers "")
foreach(library IN LISTS npu_libraries)
  get_target_property(files ${library} HEADER_SET)
  get_target_property(folder ${library} SOURCE_DIR)
  foreach(file IN LISTS files)
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${folder} NORMALIZE)
    cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
    list(APPEND public_headers ${file})
  endforeach()
endforeach()
list(JOIN public_headers "\n" lines)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/public_headers.txt CONTENT "${lines}\n" @ONLY)
get_property(npu_benchmarks GLOBAL PROPERTY NPU_BENCHMARKS)
list(TRANSFORM npu_benchmarks PREPEND ${PROJECT_BINARY_DIR}/ OUTPUT_VARIABLE programs)
list(JOIN programs "\n" lines)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/benchmarks.txt CONTENT "${lines}\n" @ONLY)
add_custom_target(benchmarks DEPENDS ${npu_benchmarks})

# Internal headers are proved self-contained like the installed ones, for which CMake makes the target
# all_verify_interface_header_sets.
if(CMAKE_VERIFY_INTERFACE_HEADER_SETS AND npu_libraries)
  file(GLOB_RECURSE headers RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
       isa/*.h sim/*.h kernels/*.h runtime/*.h)
  list(REMOVE_ITEM headers ${public_headers})
  set(sources "")
  foreach(header IN LISTS headers)
    set(source ${PROJECT_BINARY_DIR}/internal_headers/${header}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n" @ONLY)
    list(APPEND sources ${source})
  endforeach()
  add_library(npu_internal_headers OBJECT EXCLUDE_FROM_ALL ${sources})
  npu_set_options(npu_internal_headers)
  target_include_directories(npu_internal_headers PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(npu_internal_headers PRIVATE ${npu_libraries} npu_systemc yaml-cpp fmt::fmt CLI11::CLI11
                                                     nlohmann_json::nlohmann_json)
endif()
