// A core: its flags, its units and its sequencer, with a place in its group.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "sim/functional/backlog.h"
#include "sim/functional/state.h"
#include "sim/timing/code.h"
#include "sim/timing/handover.h"
#include "sim/timing/sequencer.h"
#include "sim/timing/shared_port.h"
#include "sim/timing/unit.h"

namespace npu {

class Core {
 public:
  // core: 0 is the cube core, 1.. the vector cores. `order` gives the order in which the units are
  // made, which changes nothing.
  Core(Shared& shared, GroupState& state, int group, int core, const std::vector<int>& order);

  // The other cores of the group, by core number; this one included.
  void set_peers(std::vector<Core*> peers) { peers_ = std::move(peers); }

  // Ready for a run: flags initial, queues empty. A core without code takes no part.
  void start(const Code& code, uint64_t control_block, bool takes_part, int chip = 0);

  // The group counts through all launched groups of all chips; group_of_chip() is what programs
  // see.
  int group() const { return group_; }
  int chip() const { return chip_; }
  int group_of_chip() const { return group_ - chip_ * shared_.groups; }
  int number() const { return number_; }
  bool takes_part() const { return takes_part_; }
  bool halted() const { return halted_; }
  Cycle halted_at() const { return halted_at_; }
  const Code& code() const { return *code_; }
  Shared& shared() { return shared_; }
  Flags& flags() { return flags_; }
  Handover& handover() { return handover_; }
  // Of the group's cube core.
  SharedPort& l1_port() { return peers_[0]->l1_port_; }
  SharedPort& l0c_port() { return l0c_port_; }
  Sequencer& sequencer() { return sequencer_; }
  const Flags& flags() const { return flags_; }
  const Sequencer& sequencer() const { return sequencer_; }
  const UnitModel* unit(Unit unit) const { return units_[static_cast<size_t>(unit)].get(); }
  UnitModel* unit(Unit unit) { return units_[static_cast<size_t>(unit)].get(); }
  Place place() { return {shared_.gm, state_, shared_.limits, number_}; }
  // Carries out a command that retires. What the cube does may be carried out later: see Backlog.
  void execute(const Command& command) { peers_[0]->backlog_.execute(place(), command); }
  void settle() { backlog_.settle_all(place()); }
  EventKey key(uint32_t priority, int slot) const {
    return event_key(priority, static_cast<uint32_t>(index_ * kSlotsPerCore + slot));
  }

  // Carries a set out: on this core, or for a group flag on those across the group.
  void set_flag(FlagAmount amount, const EventPlace& from, bool early);

  // True once every unit has retired all it was given.
  bool units_idle() const;
  // A unit has retired a command or taken one from its queue: the sequencer may wait for that.
  void unit_moved(Unit unit) { sequencer_.unit_moved(unit); }

  void halt();
  void count_mma(Type type, uint64_t cycles) { mma_cycles_[static_cast<size_t>(type)] += cycles; }
  CoreRecord close(Cycle end);

  // The fault with cycle, core, unit and source line filled in; raise also ends the run with it.
  Fault located(Fault fault, Unit unit, uint32_t pc, Cycle cycle) const;
  void raise(Fault fault, Unit unit, uint32_t pc, Cycle cycle);
  // Raises the fault of a write that the host's memory could not take.
  void check_host_memory(Unit unit, uint32_t pc, Cycle cycle) {
    if (shared_.gm.exhausted()) raise_host_memory(unit, pc, cycle);
  }
  // The fault of a core that can never go on, without its detail.
  Fault deadlock() const;

 private:
  void raise_host_memory(Unit unit, uint32_t pc, Cycle cycle);
  void add_flag(FlagAmount amount, const EventPlace& from, const Core& setter);
  Process deliver();

  struct Letter {
    Cycle at = 0;
    FlagAmount amount;
    EventPlace from;
    const Core* setter = nullptr;
  };

  Shared& shared_;
  GroupState& state_;
  int group_, number_, index_, chip_ = 0;
  std::vector<Core*> peers_;
  const Code* code_ = nullptr;
  bool takes_part_ = false, halted_ = false;
  Cycle halted_at_ = 0;
  Backlog backlog_;  // of a cube core: its group's
  Flags flags_;
  Handover handover_;
  SharedPort l1_port_, l0c_port_;
  std::array<std::unique_ptr<UnitModel>, kUnits> units_;
  Sequencer sequencer_;
  Ring<Letter> mailbox_;
  Agent postman_;
  bool delivering_ = false;  // the postman has begun
  std::array<uint64_t, kTypeCount> mma_cycles_{};
};

const char* unit_name(Unit unit);

}  // namespace npu
