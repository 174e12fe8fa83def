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

// Between steps of such work, the shorter the better: whoever waits for the processor gets it now, if it is a while
// since the last time. Left to itself the kernel looks at its next tick, up to 4 ms later. Takes tens of nanoseconds,
// and a fraction of a microsecond when it is time and nobody waits.
void yield_processor();

}  // namespace terrace::io
