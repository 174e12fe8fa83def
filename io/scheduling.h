// Scheduling: what a thread requests of the kernel's scheduler for itself. A kernel that does not know a request, or
// refuses it, leaves the thread as it is.
// Thread: each function affects the calling thread; threads that it starts later do not inherit the request.
#pragma once

namespace terrace::io {

// For a thread that runs for moments while others wait for it. It gets short slices: when it wakes, it takes the
// processor from a thread with longer ones (Linux 6.12, sched_setattr(2)).
void run_at_once();

// For background work: a tenth of the others' share while both want the processor, all of an idle processor,
// and no preemption of others when the thread wakes.
void run_behind();

// Called between the steps of such work; the shorter the steps, the better. A thread that waits for the processor gets
// it now, if the last time is long enough ago. Without this call the kernel decides at its next tick, up to 4 ms later.
// Takes tens of nanoseconds, and a fraction of a microsecond when the time has come and no thread waits.
void yield_processor();

}  // namespace terrace::io
