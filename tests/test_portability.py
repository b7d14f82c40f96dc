"""Systems that lack what Linux offers: the same work without it."""

import os
import subprocess
import sys

from tiny_photos import make_photos

ELSEWHERE = """
import mmap, os, signal, sys
for module in ("fcntl", "resource", "pwd"):
    sys.modules[module] = None
for module, names in {
    os: ["fork", "posix_fallocate", "posix_fadvise", "sched_getaffinity", "getuid", "fchmod"],
    signal: ["SIGHUP", "SIGKILL", "pthread_sigmask"],
    mmap: [name for name in vars(mmap) if name.startswith("MADV_")],
}.items():
    for name in names:
        delattr(module, name)
from handcraft.pipeline.entry import main
main()
"""
"""Runs handcraft as on a system that has none of these."""


def test_train_and_predict_without_what_linux_alone_offers(tmp_path):
    make_photos(tmp_path / "photos")

    def handcraft(*arguments):
        command = [sys.executable, "-c", ELSEWHERE, *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    options = ["--features", "raw", "--classifiers", "softmax", "--jobs", "1", "--cache", "cache"]
    handcraft("train", "photos", *options, "--model", "m.safetensors")
    answer = handcraft("predict", "m.safetensors", os.path.join("photos", "light", "0.png"))
    assert "light" in answer.split()
