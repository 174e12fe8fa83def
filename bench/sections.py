"""What of each bench's JSON goes into README.md and bench/RESULTS.md: rows, and pictures as name -> (words beside it, SVG).

bench/RESULTS.md has all of them, README.md the headlines.
"""
from typing import NamedTuple

import chart

HEADLINE_PICTURES = ("redis-always", "memory")


class Row(NamedTuple):
    what: str
    figure: str
    headline: bool = False


def share(value):
    return f"{value:.0%}"


def count(value):
    return f"{value:,.0f}"


def middle_of(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def redis(result):
    rows = result["rows"]
    # The tables have room for one size of values and one number of clients; all of them are in the JSON.
    size, clients = middle_of(result["options"]["value_sizes"]), min(result["options"]["clients"])
    shown = [row for row in rows if row["clients"] == clients and (row["value_size"] == size or row["test"] == "incr")]
    shown.sort(key=lambda row: result["options"]["tests"].index(row["test"]))
    table = []
    for row in shown:
        if row["test"] not in ("get", "set") or (row["test"] == "get" and row["persistence"] != "none"):
            continue
        kept = {"none": "no persistence", "everysec": "synced every second", "always": "synced before the reply"}[row["persistence"]]
        ours = row["terrace"]
        headline = row["pipeline"] in (1, 16) and (row["test"], row["persistence"]) in (("get", "none"), ("set", "always"))
        table.append(Row(f"{row['test'].upper()} of {size} bytes, pipeline {row['pipeline']}, {clients} clients, {kept}: commands per second; "
                         "CPU per million commands",
                         f"{count(ours['rps'])} ({over(row['to_redis']['rps'])} of Redis); {ours['cpu_s_per_million']:.2f} s "
                         f"({over(row['to_redis']['cpu_s_per_million'])} of Redis, {over(row['to_echo']['cpu_s_per_million'])} of an echo"
                         f"{' that syncs ' + count(row['echo']['rps']) + ' per second' if row['persistence'] == 'always' else ''})", headline))
    pictures = {}
    for pipeline in result["options"]["pipelines"]:
        of_one = [row for row in shown if row["pipeline"] == pipeline and row["persistence"] == "none"]
        if of_one:
            title = f"CPU per command, pipeline {pipeline}, no persistence"
            pictures[f"redis-cpu-{pipeline}"] = bars_of(title, "seconds per million", of_one, "cpu_s_per_million")
    synced = [row for row in shown if row["pipeline"] == 1 and row["persistence"] == "always"]
    if synced:
        pictures["redis-always"] = bars_of("Commands per second, pipeline 1, each write synced before its reply", "per second", synced, "rps")
    return table, pictures


def over(ratio):
    return f"{ratio['median']:.2f}" if ratio else "?"


def bars_of(title, unit, rows, field):
    series = {words: [row[name][field] for row in rows] for name, words in (("terrace", "Terrace"), ("redis", "Redis"), ("echo", "echo without a store"))}
    return title, chart.bars(title, unit, [row["test"].upper() for row in rows], series)


def commands(result):
    table, pictures, rows = [], {}, result["rows"]
    for words, told in result["summary"].items():
        if words != "all":
            table.append(Row(f"redis-benchmark's tests, and commands on large values, synced before the reply, {words}: median of {told['lines']} lines",
                             f"{told['rps_to_redis']:.2f} of Redis' commands per second, {told['cpu_to_redis']:.2f} of its CPU per command"))
    lines = list(dict.fromkeys(row["line"] for row in rows))
    for name, field, title in (("commands-rate", "rps", "Commands per second over Redis', each write synced before its reply"),
                               ("commands-cpu", "cpu_s_per_million", "CPU per command over Redis', each write synced before its reply")):
        series = {f"pipeline {pipeline}": [ratio_in(rows, line, pipeline, field) for line in lines] for pipeline in result["options"]["pipelines"]}
        pictures[name] = title, chart.lying_bars(title, "Redis: 1", lines, series, 1)
    return table, pictures


def scripts(result):
    words = {"limiter": "a rate limiter's script", "move": "a queue's script", "lock": "a lock's script", "publish": "PUBLISH to subscribers",
             "tracking": "GET with CLIENT TRACKING on", "multi": "a transaction of ten SETs, synced before its reply"}
    return [Row(f"{words[row['line']]}, pipeline {row['pipeline']}: per second; CPU per million",
                f"{count(row['terrace']['rps'])} ({over(row['to_redis']['rps'])} of Redis); {row['terrace']['cpu_s_per_million']:.2f} s "
                f"({over(row['to_redis']['cpu_s_per_million'])} of Redis)") for row in result["rows"]], {}


def ratio_in(rows, line, pipeline, field):
    found = [row["to_redis"][field] for row in rows if (row["line"], row["pipeline"]) == (line, pipeline)]
    return found[0]["median"] if found and found[0] else None


def tier(result):
    table = []
    for row in result["rows"]:
        middle = row["medians"]
        figure = f"{count(middle['rps'])}; {middle['page_reads_per_request']:.3f}"
        if "reads_to_fio" in middle:
            figure += f"; {share(middle['reads_to_fio'])} of fio's reads"
        if "reads_to_echo" in middle:
            figure += f", {share(middle['reads_to_echo'])} of an echo that reads a page per command"
        if "commits_to_fio" in middle:
            figure += f"; {share(middle['commits_to_fio'])} of fio's synced writes"
        table.append(Row(f"cold keys, {STORMS[row['row']]}: requests per second; page reads per request; disk", figure, row["row"] == "uniform200"))
    read = [row for row in result["rows"] if "reads_to_fio" in row["medians"]]
    title = "Page reads of storms on cold keys, beside fio at the same depth"
    series = {"Terrace": [row["medians"]["page_reads_per_s"] for row in read], "fio": [row["fio_medians"]["reads_per_s"] for row in read]}
    return table, {"tier": (title, chart.bars(title, "per second", [row["row"] for row in read], series))} if read else {}


STORMS = {"uniform50": "uniform GETs, 50 clients", "uniform200": "uniform GETs, 200 clients", "pipeline64": "uniform GETs, one client, pipeline 64",
          "zipf50": "GETs by zipf 0.99, 50 clients", "read80write20": "80 GETs to 20 SETs, 50 clients", "overwrite": "blind SETs, 50 clients"}


def compression(result):
    with_one, without = (result["rows"][name] for name in ("with", "without"))
    return [Row("package stanzas, size on disk over raw, with dictionaries (without): spilled; compacted",
                f"{with_one['spilled']:.2f} ({without['spilled']:.2f}); {with_one['compacted']:.2f} ({without['compacted']:.2f})"),
            Row("cold GETs per second, with dictionaries over without",
                f"{result['rps_with_over_without']['median']:.2f}; {with_one['page_reads_per_request']:.2f} page reads per GET")], {}


def latency(result):
    table, curves = [], {}
    for phase, told in result["phases"].items():
        beside = f"; Redis {told['redis']['p99_ms']:.2f}, {told['redis']['p999_ms']:.2f}" if "redis" in told else ""
        table.append(Row(f"GET at a fixed rate beside {PHASES[phase]}: p99, p99.9 in ms",
                         f"{told['terrace']['p99_ms']:.2f}, {told['terrace']['p999_ms']:.2f}{beside}", phase == "checkpoint"))
        for name, row in told.items():
            curves.setdefault(name, {})[phase] = row["histogram_ms"]
    pictures = {}
    for name, words in (("terrace", "Terrace"), ("redis", "Redis")):
        if name in curves:
            title = f"{words}: share of GETs at a fixed rate that take longer, by concurrent work"
            pictures[f"latency-{name}"] = title, chart.tails(title, "ms", curves[name])
    return table, pictures


PHASES = {"quiet": "nothing else", "load": "clients that write at full speed", "checkpoint": "a checkpoint (BGSAVE)", "compact": "compaction",
          "growth": "growth of the index"}


def memory(result):
    table, groups, series = [], [], {"Terrace": [], "Redis": []}
    for kind, words in (("cold", "cold key, name of 60 bytes"), ("hot", "hot key of 16 bytes, value of 32")):
        told = result.get(kind)
        if not told:
            continue
        for name, label in (("terrace", "Terrace"), ("redis", "Redis")):
            series[label].append(told[name].get("bytes_per_key_restarted", told[name]["bytes_per_further_key"]) if name in told else None)
        groups.append(words)
        for name, label in (("terrace", "Terrace"), ("redis", "Redis")):
            if name in told:
                table.append(Row(f"memory of a {words}, of {count(told[name]['keys'])}: {label}", bytes_a_key(told[name]), name == "terrace"))
    title = "Resident memory of a key (Terrace's cold ones after a restart)"
    return table, {"memory": (title, chart.bars(title, "bytes", groups, series))}


def bytes_a_key(row):
    figure = f"{row['bytes_per_further_key']:.1f} bytes"
    if "bytes_per_key_restarted" in row:
        figure += f" with what the allocator keeps; {row['bytes_per_key_restarted']:.1f} after a restart; {row['index_bytes_per_key']:.1f} by the index's count"
    return figure


def types_memory(result):
    table, pictures = [], {}
    for shape, words in (("large", "one value of {size} elements"), ("small", "{keys} values of {size} elements")):
        rows = result[shape]
        words = words.format(keys=count(rows[0]["keys"]), size=count(rows[0]["size"]))
        told = [f"{row['type']} {row['terrace']['bytes_per_element']:.1f} ({row['to_redis']['median']:.2f})" for row in rows]
        table.append(Row(f"memory of an element in {words}: bytes (over Redis')", ", ".join(told)))
        series = {label: [row[name]["bytes_per_element"] for row in rows] for name, label in (("terrace", "Terrace"), ("redis", "Redis"))}
        title = f"Resident memory of an element in {words}"
        pictures[f"types-memory-{shape}"] = title, chart.bars(title, "bytes", [row["type"] for row in rows], series)
    return table, pictures


def restart(result):
    subjects, keys = result["subjects"], count(result["options"]["keys"])
    table = []
    for name, row in subjects.items():
        figure = f"{row['clean']:.2f} s after SHUTDOWN; {row['killed']:.2f} s after SIGKILL under load"
        table.append(Row(f"from exec to the first GET, {keys} keys: {name}", figure, name == "terrace"))
    title = f"From exec to the first GET, {keys} keys"
    series = {name: [row["clean"], row["killed"]] for name, row in subjects.items()}
    return table, {"restart": (title, chart.bars(title, "seconds", ["after SHUTDOWN", "after SIGKILL under load"], series))}


def wear(result):
    rows, parts = result["rows"], ("log", "spill", "compaction", "checkpoints", "rest")
    table = [Row(f"random overwriting, compaction-live-share {row['share']} ({share(row['live_share'])} of the segments lived): bytes written per byte sent; "
                 "disk space per live byte: all, segments alone",
                 f"{row['write_amplification']:.2f}; {row['space_amplification']:.2f}, {row['segments_amplification']:.2f} "
                 f"({row['live_bytes'] / (1 << 20):,.0f} MiB live)") for row in rows]
    table.append(Row(f"{rows[-1]['values']}, size on disk over raw: spilled; compacted",
                     f"{rows[-1]['spilled_of_raw']:.2f}; {rows[-1]['compacted_of_raw']:.2f}"))
    groups = [f"{row['share']} % asked, {share(row['live_share'])} live" for row in rows]
    title, space = "Bytes written to disk per byte of keys and values sent", "Bytes on disk per live compressed byte"
    promised = (result["promise"]["write_amplification"], f"promised at {result['promise']['live_share']} %")
    series = {"all": [row["space_amplification"] for row in rows], "segments": [row["segments_amplification"] for row in rows]}
    return table, {"wear-writes": (title, chart.stacks(title, "", groups, {part: [max(0.0, row[part]) for row in rows] for part in parts}, promised)),
                   "wear-space": (space, chart.bars(space, "", groups, series))}


def bound(result):
    table = []
    for run in result["runs"]:
        where = "in a memory cgroup of the bound" if run["caged"] else "left alone"
        highest = ", ".join(f"{phase} {row['highest_rss_mib']:.0f}" for phase, row in run["phases"].items())
        table.append(Row(f"resident set while {result['bytes'] / (1 << 30):.0f} GiB of values go through maxmemory {result['options']['maxmemory']}, {where}",
                         f"at most {highest} MiB of the promised {result['bound_mib']:.0f}; {run['oom_kills']} ended by the kernel", run["caged"]))
    return table, {}


SECTIONS = {"redis": redis, "commands": commands, "scripts": scripts, "tier": tier, "compression": compression, "latency": latency, "memory": memory,
            "types_memory": types_memory, "bound": bound, "restart": restart, "wear": wear}
