// ScanCheck: what one scan of a database must show: each key that is there from its beginning to its end, once; no other
// that is not there when it is shown; with the value that it has then.
// Ownership: refers to the Oracle. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>

#include "storage/record/record.h"
#include "tests/simulation/effect.h"
#include "tests/simulation/oracle.h"

namespace terrace::simulation {

class ScanCheck {
 public:
  // `heads`: it asks for names and times alone.
  ScanCheck(const Oracle& oracle, std::uint32_t database, bool heads);

  std::uint32_t database() const { return database_; }
  bool heads() const { return heads_; }
  // What a client did meanwhile.
  void note(const Effect& effect);
  // The scan shows a key.
  void visit(const storage::Record& record);
  // Nothing more is expected of it: the database was flushed or swapped, or a read failed.
  void give_up() { overtaken_ = true; }
  bool overtaken() const { return overtaken_; }
  // It has shown all keys.
  void end() const;

 private:
  const Oracle& oracle_;
  std::uint32_t database_;
  bool heads_;
  bool overtaken_ = false;
  std::unordered_set<std::string> due_;
  std::unordered_set<std::string> seen_;
};

std::string where(std::uint32_t database, const std::string& key);

}  // namespace terrace::simulation
