#!/usr/bin/python3
"""What LATENCY, INFO and DOCTOR say of a turn that took too long.

  latency_events.py

A command that blocks the server for 50 ms must appear as its own event, as in Redis, and by name as a long turn with its cause;
below the threshold, and with monitoring off, no event appears, while the worst turn is told anyway.
"""
from bad_case import Wrong, check
from harness import Error, Folder, say, terrace

BLOCKED_MS = 50
# usleep in the only thread: it had no processor. On a busy machine others may have taken it from it as well.
CAUSES = {"blocked", "preempted"}


def events(client):
    return {row[0].decode(): row[3] for row in client.ok("LATENCY", "LATEST")}


def run(client, server):
    client.ok("CONFIG", "SET", "latency-monitor-threshold", "0")
    client.ok("CONFIG", "RESETSTAT")
    client.ok("DEBUG", "SLEEP", str(BLOCKED_MS / 1000))
    check(events(client) == {}, f"events though monitoring is off: {events(client)}")
    info = server.info("tier")
    check(int(info["reactor_worst_turn_usec"]) >= BLOCKED_MS * 1000, f"worst turn {info['reactor_worst_turn_usec']} us")
    check(info["reactor_worst_turn_cause"] in CAUSES, f"cause {info['reactor_worst_turn_cause']}")

    client.ok("CONFIG", "SET", "latency-monitor-threshold", str(100 * BLOCKED_MS))
    client.ok("DEBUG", "SLEEP", str(BLOCKED_MS / 1000))
    check(events(client) == {}, f"events below the threshold: {events(client)}")

    client.ok("CONFIG", "SET", "latency-monitor-threshold", str(BLOCKED_MS // 2))
    client.ok("DEBUG", "SLEEP", str(BLOCKED_MS / 1000))
    seen = events(client)
    check(seen.get("command", 0) >= BLOCKED_MS, f"no event of the command: {seen}")
    check(not CAUSES & set(seen), f"LATENCY LATEST has events that Redis does not know: {seen}")
    told = [sample for cause in CAUSES for sample in client.ok("LATENCY", "HISTORY", cause)]
    check(any(sample[1] >= BLOCKED_MS for sample in told), f"no event of the turn: {told}")
    doctor = client.ok("LATENCY", "DOCTOR").decode()
    check("Longer than a millisecond for" in doctor and "the longest of" in doctor, doctor)
    client.ok("LATENCY", "RESET")
    check(events(client) == {}, "events after LATENCY RESET")


def main():
    with Folder("latency-events") as folder:
        server = folder.add(terrace(folder.path + "/terrace", "--enable-debug-command", "yes")).start()
        with server.client(60) as client:
            run(client, server)
    say("latency_events: all as it should be")


if __name__ == "__main__":
    try:
        main()
    except (Wrong, Error) as error:
        raise SystemExit(f"latency_events: {error}")
