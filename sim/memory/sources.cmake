list(APPEND NPU_SIM_SOURCES memory/calendar.cpp memory/l2.cpp memory/memory.cpp)
list(APPEND NPU_SIM_HEADERS memory/calendar.h memory/foreign.h memory/l2.h memory/memory.h memory/ticks.h)
