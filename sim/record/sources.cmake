list(APPEND NPU_SIM_SOURCES record/record.cpp record/traffic.cpp)
list(APPEND NPU_SIM_HEADERS record/record.h record/traffic.h)
