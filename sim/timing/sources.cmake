list(APPEND NPU_SIM_SOURCES
     timing/banks.cpp timing/code.cpp timing/core.cpp timing/cube_unit.cpp timing/data_cache.cpp timing/deadlock.cpp timing/engine.cpp
     timing/flags.cpp timing/gm_unit.cpp timing/interpreter.cpp timing/lines.cpp timing/movement_units.cpp
     timing/scalar_memory.cpp timing/sequencer.cpp timing/shared_port.cpp timing/unit.cpp timing/vector_cost.cpp timing/vector_unit.cpp
     timing/wheel.cpp)
list(APPEND NPU_SIM_HEADERS
     timing/banks.h timing/cause_clock.h timing/code.h timing/core.h timing/core_access.h timing/data_cache.h timing/engine.h
     timing/entry.h timing/flags.h timing/handover.h timing/instruction_cache.h timing/lines.h timing/observer.h timing/process.h timing/ring.h
     timing/sequencer.h timing/shared.h timing/shared_port.h timing/unit.h timing/units.h timing/vector_cost.h timing/wheel.h)
