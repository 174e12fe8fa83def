// KeyspaceIterator: walks the keys of one database in hash order, or draws one at random, for a command's handler. It
// reads the records that are not in memory, and bounds what it reads at a time, so that neither memory nor a turn of
// the reactor grows with the database.
//
// A handler that is run again uses visit_some() and random(). Each returns at once; what it misses is read after the
// handler has returned, and the handler, run again, makes the same call:
//
//   KeyspaceIterator keys(context, context.database_number(), cursor);
//   if (!keys.visit_some(10, [&](const storage::Record& record) { names.emplace_back(record.key()); })) return;
//
// A handler that may suspend awaits visit_names() or visit_all().
//
// Invariants:
// - Every key that is there from the walk's start to its end is visited exactly once, whatever is added or removed
//   between the calls. visit_names() may also visit one that was there and has been removed since.
// - A record is valid during the visit alone. The visitor must not change the database.
// - The walk leaves no trace in the eviction clock and does not look at expiries.
// Ownership: borrows the context; a local variable of the handler. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "io/task.h"
#include "src/execution/context.h"

namespace terrace {

class KeyspaceIterator {
 public:
  using Visitor = std::function<void(const storage::Record&)>;

  KeyspaceIterator(Context& context, unsigned database, std::uint64_t cursor = 0)
      : context_(context), number_(database), cursor_(cursor) {}

  // Where the walk continues; 0: at its end.
  std::uint64_t cursor() const { return cursor_; }

  // Visits the names of about `count` keys: more where a bucket chain has several, fewer where much must be read,
  // names are long or many chains are empty. False: the handler must return; what was visited does not count.
  bool visit_some(std::int64_t count, const Visitor& visit);

  // Both visit all keys, and other commands run in between. False: a record cannot be read; the error is replied.
  // Of a record that is not in memory, the first reads name, type and times alone, in the order of the disk.
  io::Task<bool> visit_names(Visitor visit);
  io::Task<bool> visit_all(Visitor visit);

  // The name of a key that `number` chooses, the same again for the same number; a null pointer if the database is
  // empty. Nothing: the handler must return.
  std::optional<const storage::Record*> random(std::uint64_t number);

 private:
  // How far a run over chains has come, or how far it may go.
  struct Extent {
    std::int64_t keys = 0;
    std::int64_t chains = 0;
    std::uint64_t weight = 0;  // of what is read for it
    std::uint64_t name_bytes = 0;
    bool within(const Extent& bounds) const {
      return keys < bounds.keys && chains < bounds.chains && weight < bounds.weight && name_bytes < bounds.name_bytes;
    }
  };

  void walk(const Extent& bounds, const storage::FetchedRecords& fetched, Extent& done, const Visitor& visit);

  Context& context_;
  unsigned number_;  // of the database
  std::uint64_t cursor_;
  std::vector<storage::Location> missing_;
};

}  // namespace terrace
