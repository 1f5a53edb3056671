list(APPEND NPU_SIM_SOURCES
     config/dump.cpp
     config/load.cpp
     config/machine.cpp
     config/memory.cpp
     config/yaml_reader.cpp)
list(APPEND NPU_SIM_HEADERS
     config/fields.h
     config/launch.h
     config/machine.h
     config/memory.h)
# Where presets are: the checkout, or what cmake --install made.
set_property(SOURCE config/load.cpp APPEND PROPERTY COMPILE_DEFINITIONS
  NPU_SOURCE_CONFIGS="${PROJECT_SOURCE_DIR}/configs"
  NPU_CONFIGS_FROM_BIN="../${CMAKE_INSTALL_DATADIR}/npukit/configs"
  NPU_INSTALLED_CONFIGS="${CMAKE_INSTALL_FULL_DATADIR}/npukit/configs")
