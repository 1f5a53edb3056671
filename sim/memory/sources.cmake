list(APPEND NPU_SIM_SOURCES memory/address_map.cpp memory/calendar.cpp memory/hbm.cpp memory/hbm_channel.cpp
                            memory/hbm_timing.cpp memory/l2.cpp memory/memory.cpp memory/noc.cpp memory/probe.cpp
                            memory/stimulus.cpp)
list(APPEND NPU_SIM_HEADERS memory/address_map.h memory/calendar.h memory/foreign.h memory/hbm.h memory/hbm_channel.h
                            memory/hbm_timing.h memory/l2.h memory/line_traffic.h memory/memory.h memory/noc.h
                            memory/probe.h memory/stimulus.h memory/ticks.h)
