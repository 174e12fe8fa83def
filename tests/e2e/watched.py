"""What another client's answers take while a server is at work, step by step, measured by a process of its own."""
import multiprocessing
import time

from harness import Client

PACE_S = 0.0005


def watch(port, step, results, requests):
    """Sends the requests in turn, one every half millisecond; latencies in ms by step and request, until there is no step."""
    latencies, turn = {}, 0
    with Client(port) as client:
        while (now := step.value) >= 0:
            which = turn % len(requests)
            begin = time.perf_counter()
            client.ok(*requests[which](turn))
            latencies.setdefault((now, which), []).append((time.perf_counter() - begin) * 1000)
            turn += 1
            time.sleep(PACE_S)
    results.send(latencies)


def share(ordered, part):
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


class Watched:
    """Steps by name, how long each took, and what another client's answers took meanwhile."""

    def __init__(self, port, requests=(lambda turn: ("GET", "small"),)):
        self.names, self.times, self.kinds, self.number = [], [], len(requests), multiprocessing.Value("i", 0)
        self.mine, theirs = multiprocessing.Pipe()
        self.watcher = multiprocessing.Process(target=watch, args=(port, self.number, theirs, requests))
        self.watcher.start()

    def step(self, name, work, settle_s=0.1):
        """`settle_s`: time that still counts for the step, for what it left to be done behind it."""
        self.names.append(name)
        self.number.value = len(self.names)
        begin = time.perf_counter()
        result = work()
        self.times.append(time.perf_counter() - begin)
        time.sleep(settle_s)
        return result

    def end(self):
        """[(name, seconds, sorted latencies of each request), ...]"""
        self.number.value = -1
        latencies = self.mine.recv()
        self.watcher.join()
        return [(name, took, [sorted(latencies.get((number, which), [])) for which in range(self.kinds)])
                for number, (name, took) in enumerate(zip(self.names, self.times), 1)]
