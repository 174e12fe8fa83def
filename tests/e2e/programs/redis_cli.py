"""redis-cli: its modes and its ways to print replies."""
import subprocess
import sys

port = sys.argv[1]
CLI = ["redis-cli", "-p", port, "-n", sys.argv[2]]
uses = 0


def run(arguments, given=None):
    result = subprocess.run(CLI + arguments, input=given, capture_output=True, text=True, timeout=30)
    assert result.returncode == 0, f"{arguments} ended with {result.returncode}: {result.stdout[-300:]} {result.stderr[-300:]}"
    return result.stdout


def expect(found, wanted, what):
    global uses
    uses += 1
    assert found == wanted, f"{what}: {found!r} instead of {wanted!r}"


def contains(text, part, what):
    global uses
    uses += 1
    assert part in text, f"{what}: {text[-300:]!r} has no {part!r}"


run(["FLUSHDB"])
expect(run(["SET", "cli", "a b"]), "OK\n", "SET")
expect(run(["--no-raw", "GET", "nothing"]), "(nil)\n", "nil")
expect(run(["-3", "--no-raw", "GET", "nothing"]), "(nil)\n", "RESP3 nil")
expect(run(["-n", "14", "SET", "there", "1"]), "OK\n", "-n")
expect(run(["--json", "-3", "MGET", "cli", "nothing"]).strip(), '["a b",null]', "--json")
expect(run([], "SET piped 1\nINCR piped\nGET piped\n").split(), ["OK", "2", "2"], "commands from a pipe")
mass = "".join(f"*3\r\n$3\r\nSET\r\n$8\r\nmass:{n:03}\r\n$1\r\nx\r\n" for n in range(1000))
contains(run(["--pipe"], mass), "errors: 0, replies: 1000", "--pipe")
expect(sorted(run(["--scan", "--pattern", "mass:00?"]).split()), [f"mass:00{n}" for n in range(10)], "--scan")
contains(run(["--bigkeys"]), "Biggest string", "--bigkeys")
contains(run(["--memkeys"]), "Biggest string", "--memkeys")
contains(run(["--eval", "/dev/stdin", "cli", ",", "x"], "return redis.call('GET', KEYS[1]) .. ARGV[1]"), "a bx", "--eval")
contains(run(["INFO"]), "redis_version", "INFO")
contains(run(["NONSENSE"]), "ERR unknown command", "the text of an error")
assert len(subprocess.run(CLI + ["--latency", "--raw"], capture_output=True, text=True, timeout=20).stdout.split()) >= 3, "--latency"
version = subprocess.run(["redis-cli", "--version"], capture_output=True, text=True).stdout.split()[1]
print(f"{version}: {uses + 1} uses: replies, --json, --pipe, --scan, --bigkeys, --memkeys, --eval, --latency")
