// Scheduling: what a thread asks of the kernel's scheduler for itself. Both are requests: a kernel that knows them not,
// or refuses, leaves the thread as it is. Thread: each function speaks of the one that calls it; its later threads do
// not inherit what it asked for.
#pragma once

namespace terrace::io {

// For a thread that others wait for and that runs for moments: short slices, so that woken it takes the processor from
// whoever has it for longer ones (Linux 6.12, sched_setattr(2)).
void run_at_once();

// For work that nobody waits for: a tenth of the share of others where both want the processor, all of one that would
// idle, and never instead of somebody when it is woken.
void run_behind();

}  // namespace terrace::io
