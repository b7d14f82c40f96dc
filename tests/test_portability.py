"""Systems that lack what Linux offers: the same work without it."""

import os
import signal
import subprocess
import sys

from tiny_photos import make_photos

from handcraft.pipeline.cli.group import nobody_reads
from handcraft.pipeline.run.stop import kill_workers

ELSEWHERE = """
import mmap, os, select, signal, sys
for module in ("fcntl", "resource", "pwd"):
    sys.modules[module] = None
for module, names in {
    os: ["fork", "posix_fallocate", "posix_fadvise", "sched_getaffinity", "getuid", "fchmod"],
    signal: ["SIGHUP", "SIGKILL", "pthread_sigmask"],
    select: ["poll", "epoll"],
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


def test_a_broken_pipe_ends_quietly_without_poll(monkeypatch):
    monkeypatch.delattr("select.poll")
    assert nobody_reads()


def test_workers_are_ended_without_sigkill(monkeypatch):
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as worker:
        monkeypatch.setattr("multiprocessing.active_children", lambda: [worker])
        monkeypatch.delattr(signal, "SIGKILL")
        kill_workers()
        assert worker.wait(10) == -signal.SIGTERM
