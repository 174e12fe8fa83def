#!/usr/bin/python3
"""What bench wear counts is what it says: blocks on the disk, bytes that a process had written to it."""
import os
import shutil
import threading
import time
import unittest

from bench_path import ROOT  # noqa: F401
import wear
from harness import Server, work_folder

MIB = 1 << 20


class Me(Server):
    """This process, as if it were a server under test."""

    pid = os.getpid()

    def __init__(self):
        pass


class WearTest(unittest.TestCase):
    def setUp(self):
        self.folder = work_folder("wear-test")
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = os.open(os.path.join(self.folder, "file"), os.O_RDWR | os.O_CREAT)
        self.addCleanup(os.close, self.file)

    def test_space_is_blocks_and_not_length(self):
        os.ftruncate(self.file, 8 * MIB)
        before = wear.blocks(self.folder)
        os.posix_fallocate(self.file, 0, MIB)
        self.assertEqual(wear.blocks(self.folder) - before, MIB)

    def test_writes_are_counted_by_the_kernel(self):
        before = Me().written_bytes()
        os.write(self.file, b"x" * MIB)
        os.fsync(self.file)
        written = Me().written_bytes() - before
        self.assertGreaterEqual(written, MIB)
        self.assertLess(written, 2 * MIB)

    def test_switches_are_counted_of_every_thread(self):
        slept, over = threading.Event(), threading.Event()

        def sleep_often():
            for _ in range(20):
                time.sleep(0.001)
            slept.set()
            over.wait()
        before = Me().context_switches()
        thread = threading.Thread(target=sleep_often)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(over.set)
        slept.wait()
        self.assertGreaterEqual(Me().context_switches() - before, 20)


unittest.main()
