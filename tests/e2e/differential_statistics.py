"""What INFO counts and redis-server and Terrace both count exactly, for differential.py."""
import newer
from harness import parse_info

SECTIONS = ("keyspace", "stats", "commandstats", "errorstats")
COUNTERS = ("keyspace_hits", "keyspace_misses", "expired_keys", "total_error_replies")


def without(text, *names):
    return ",".join(part for part in text.split(",") if part.split("=")[0] not in names)


def statistics(keyspace, stats, commands, errors):
    """{name: value} of the replies to INFO with each of SECTIONS."""
    told = {name: without(value, "avg_ttl", "subexpiry") for name, value in parse_info(keyspace).items()}
    told.update((name, value) for name, value in parse_info(stats).items() if name in COUNTERS)
    told.update((name, without(value, "usec", "usec_per_call")) for name, value in parse_info(commands).items())
    told.update(parse_info(errors))
    return told


def parts_with_errors(name):
    """What differs when one server has refused a command that the other has not: errors, and look-ups."""
    return (name.startswith(("errorstat_", "total_error", "keyspace_", "cmdstat_sort", "cmdstat_command|getkeys"))
            or name.removeprefix("cmdstat_") in newer.DIFFERENCES)
