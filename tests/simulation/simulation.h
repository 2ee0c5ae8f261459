// Simulation: the whole product in one thread, from the gateway to its functions, driven from a
// seed: calls of every kind, faults of disk, network and functions, restarts on the same bytes.
// After each step a small model says what tables, streams and functions must have seen.
#pragma once

#include "tests/simulation/mappings.h"
#include "tests/simulation/story.h"
#include "tests/simulation/tables.h"

namespace tailrace::simulation {

class Simulation {
 public:
  explicit Simulation(const Plan& plan);

  // What was wrong; nullopt: nothing.
  std::optional<std::string> run();
  std::string last_lines() const { return story_.last_lines(); }

 private:
  void live();
  bool boot();
  void act();
  void wander();
  void disturb_disk();
  void mend_disk();
  void command_streams();
  void move_clock();
  void end_life();
  void check_all();
  Options options();

  const Plan plan_;
  Story story_;
  Tables tables_;
  Mappings mappings_;
  int steps_left_;
  bool last_life_ = false;
  Options options_;
};

// The features whose absence does not keep the fault away, turned off, and fewer steps.
Plan shrink(const Plan& failing);
std::string repeat_text(const Plan& plan);  // The variables that repeat it.

}  // namespace tailrace::simulation
