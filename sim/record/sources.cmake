list(APPEND NPU_SIM_SOURCES record/record.cpp)
list(APPEND NPU_SIM_HEADERS record/record.h)
