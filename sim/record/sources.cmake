list(APPEND NPU_SIM_SOURCES
     record/energy.cpp
     record/record.cpp
     record/traffic.cpp)
list(APPEND NPU_SIM_HEADERS
     record/energy.h
     record/record.h
     record/traffic.h)
