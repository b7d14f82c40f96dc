"""The process as a whole: interrupts at any moment, and what nobody foresaw."""

import os
import subprocess
import sys

import pytest


def run(script, tmp_path, **variables):
    """Run the entry point in a process of its own, after `script`."""
    program = f"{script}\nimport sys; sys.argv = ['handcraft', 'gradcheck']\n"
    program += "from handcraft.pipeline.entry import main; main()"
    environment = os.environ | {"XDG_STATE_HOME": str(tmp_path)} | variables
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )


INTERRUPTED_IMPORT = """
import importlib.abc, os, signal, sys
class Interrupter(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            try:
                os.kill(os.getpid(), signal.SIGINT)
            except KeyboardInterrupt:
                raise ImportError("initialization failed") from None
sys.meta_path.insert(0, Interrupter())
"""


@pytest.mark.parametrize("module", ["click", "numpy", "handcraft.pipeline.commands.course"])
def test_an_interrupt_during_imports_is_one_sentence(module, tmp_path):
    result = run(INTERRUPTED_IMPORT.format(module=module), tmp_path)
    assert result.returncode == 1
    assert result.stderr == "Stopped.\n"


BETWEEN_COMMANDS = """
import os, signal, click
leave = click.Context.__exit__
def interrupted(context, *raised):
    leave(context, *raised)
    os.kill(os.getpid(), signal.SIGINT)
click.Context.__exit__ = interrupted
"""


def test_an_interrupt_between_commands_is_told_as_any_other(tmp_path):
    result = run(BETWEEN_COMMANDS, tmp_path)
    assert result.returncode == 1
    assert result.stderr.strip() == "Stopped."


def test_the_end_waits_for_no_thread_and_does_what_is_registered_for_it(tmp_path):
    script = "import atexit, threading, time; atexit.register(print, 'tidied up')\n"
    script += "threading.Thread(target=time.sleep, args=[600]).start()"
    result = run(script, tmp_path)
    assert result.returncode == 0
    assert result.stdout.endswith("tidied up\n")
    assert result.stderr == ""


UNFORESEEN = """
from handcraft.classifiers.backprop import gradient_check
def fail():
    raise ZeroDivisionError("a\\x1bb")
gradient_check.check_losses = fail
"""


def test_the_unforeseen_is_one_sentence_with_a_log(tmp_path):
    result = run(UNFORESEEN, tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith(
        "Error: unexpected error (ZeroDivisionError: a\\x1bb); please report it with "
    )
    assert result.stderr.count("\n") == 1
    log = result.stderr.rpartition(" ")[2].strip()
    with open(log, encoding="utf-8") as file:
        text = file.read()
    assert "Traceback" in text
    assert "gradcheck" in text


def test_where_no_log_can_be_written_the_sentence_stands_alone(tmp_path):
    (tmp_path / "handcraft").write_text("in the way")
    result = run(UNFORESEEN, tmp_path)
    assert result.returncode == 1
    assert result.stderr.strip().endswith("--debug shows where")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_is_done_without(closed):
    command = f"'{sys.executable}' -m handcraft gradcheck {closed}"
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert result.returncode == 0
    assert result.stderr == ""
    assert ("softmax" in result.stdout) == (" >&-" not in f" {closed}")


def test_nothing_is_said_of_a_home_that_matplotlib_cannot_write_to(tmp_path):
    home = tmp_path / "a-file"
    home.touch()
    places = ("MPLCONFIGDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in places}
    arguments = ["graph", "x*2", "x=1", "--svg", tmp_path / "a.svg"]
    command = [sys.executable, "-m", "handcraft", *arguments]
    result = subprocess.run(command, env=environment | {"HOME": str(home)}, capture_output=True)
    assert result.returncode == 0
    assert result.stderr == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", ["--help", "gradcheck"])
def test_output_that_cannot_be_written_is_one_sentence(arguments):
    command = f"'{sys.executable}' -m handcraft {arguments} > /dev/full"
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.startswith("Error: No space left on device; ")
    assert result.stderr.count("\n") == 1


def test_a_stream_without_no_break_spaces_gets_plain_ones(tmp_path):
    script = "from handcraft.classifiers.backprop import gradient_check\n"
    script += "from handcraft.data.errors import RequestError\n"
    script += "def fail(): raise RequestError('90.5\\xa0% of caf\\xe9')\n"
    script += "gradient_check.check_losses = fail"
    result = run(script, tmp_path, PYTHONIOENCODING="shift_jis")
    assert result.stderr == "Error: 90.5 % of caf\\xe9\n"
    assert result.returncode == 2
