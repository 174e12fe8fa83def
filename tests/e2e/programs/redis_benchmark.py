"""redis-benchmark: pipelines of 16 from 50 clients."""
import subprocess
import sys

result = subprocess.run(["redis-benchmark", "-p", sys.argv[1], "--dbnum", sys.argv[2], "-t", "set,get,incr,lpush,mset", "-n", "20000", "-q", "-P", "16",
                         "-r", "10000", "--csv"], capture_output=True, text=True, timeout=120)
assert result.returncode == 0, result.stderr[-300:]
names = [line.replace('"', "").split(",")[0].split()[0] for line in result.stdout.splitlines()[1:]]
assert {"SET", "GET", "INCR", "LPUSH", "MSET"} <= set(names), result.stdout
assert "rror" not in result.stdout + result.stderr, (result.stdout + result.stderr)[-300:]
version = subprocess.run(["redis-benchmark", "--version"], capture_output=True, text=True).stdout.split()[1]
print(f"{version}: 20000 commands each of {', '.join(names)}")
