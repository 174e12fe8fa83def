// Faults: how often the simulated disk fails, and how. Probabilities for each operation; all zero is a good disk.
// Thread: a plain value.
#pragma once

namespace terrace::simulation {

struct Faults {
  double read_error = 0;   // EIO; the buffer then holds junk
  double write_error = 0;  // EIO; some of the sectors may have been written
  double sync_error = 0;   // EIO; see Media for what is left of the writes
  double directory_sync_error = 0;
  double open_error = 0;
  double allocate_error = 0;
  double rename_error = 0;
  double unlink_error = 0;
  double no_space = 0;  // ENOSPC for allocate or an extending write, whatever is free
  double short_read = 0;
  double short_write = 0;
  double slow = 0;  // takes up to a second more
};

}  // namespace terrace::simulation
