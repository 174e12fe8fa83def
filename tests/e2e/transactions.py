#!/usr/bin/python3
"""Transactions: the same scenes of several clients at redis-server and at Terrace, compared.

  transactions.py [--subject redis] [--scene NAME]

Scenes are explained in stage.py. At Terrace each is played twice: as it is, and with nothing in memory whenever a client
sends something. What redis-server has no counterpart of is checked at Terrace alone (transaction_tiers.py).
"""
import argparse

import transaction_scenes
import transaction_tiers
import transaction_watch
from bad_case import end_with
from harness import Folder, redis, say, terrace
from stage import ColdStage, same_scenes

SCENES = transaction_scenes.SCENES + transaction_watch.SCENES


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subject", choices=("terrace", "redis"), default="terrace")
    parser.add_argument("--scene", help="this one alone")
    options = parser.parse_args()
    with Folder("transactions") as folder:
        arguments = ("--enable-debug-command", "yes", "--hz", "100")
        reference = folder.add(redis(folder.path + "/reference", *arguments)).start()
        subject = folder.add((redis if options.subject == "redis" else terrace)(folder.path + "/subject", *arguments)).start()
        played = same_scenes(SCENES, subject, reference, options.scene)
        if options.subject == "terrace":
            same_scenes(SCENES, subject, reference, options.scene, ColdStage)
            if options.scene is None:
                transaction_tiers.all_checks(subject, say)
    say(f"transactions: {played} scenes the same")


if __name__ == "__main__":
    end_with("transactions", main)
