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


def counted_apart(name, commands, told):
    """Whether statistic `name` may differ: after replies to `commands` of which one alone is an error, and after errors
    before which one server alone has looked a key up. `told` are the statistics of one of them."""
    looked_up = any("failed_calls=0" not in told.get(f"cmdstat_{later}", "failed_calls=0").split(",") for later in newer.LOOK_UP_LATER)
    return (name.startswith("keyspace_") and (looked_up or bool(commands))
            or name.startswith(("errorstat_", "total_error")) and bool(commands)
            or name.removeprefix("cmdstat_") in commands)
