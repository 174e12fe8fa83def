#!/usr/bin/python3
"""Messages: the same scenes of subscribers, events of keys, caching clients and MONITOR at redis-server and at Terrace.

  messages.py [--subject redis] [--scene NAME]

Scenes are explained in stage.py. At Terrace each is played twice: as it is, and with nothing in memory whenever a client
sends something.
"""
import argparse

import caching_scenes
import event_scenes
import message_checks
import message_scenes
from bad_case import end_with
from harness import Folder, redis, say, terrace
from stage import ColdStage, same_scenes

SCENES = message_scenes.SCENES + event_scenes.SCENES + caching_scenes.SCENES


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subject", choices=("terrace", "redis"), default="terrace")
    parser.add_argument("--scene", help="this one alone")
    options = parser.parse_args()
    with Folder("messages") as folder:
        arguments = ("--enable-debug-command", "yes", "--hz", "100")
        reference = folder.add(redis(folder.path + "/reference", *arguments)).start()
        subject = folder.add((redis if options.subject == "redis" else terrace)(folder.path + "/subject", *arguments)).start()
        played = same_scenes(SCENES, subject, reference, options.scene)
        if options.subject == "terrace":
            same_scenes(SCENES, subject, reference, options.scene, ColdStage)
            if options.scene is None:
                message_checks.all_checks(subject, folder)
    say(f"messages: {played} scenes the same")


if __name__ == "__main__":
    end_with("messages", main)
