"""How commands end: the sentence, the stream and the exit code of each kind of failure."""

import errno
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from handcraft.data.errors import RequestError
from handcraft.features import EXTRACTORS
from handcraft.pipeline.cli import main, options
from handcraft.pipeline.cli.group import Command, CommandGroup

FULL = OSError(errno.ENOSPC, "No space left on device", "disk/rows.npy")


def ending(error, *arguments):
    """Run a command that raises `error`."""
    group = CommandGroup("tool")

    def fail(**_):
        raise error

    group.add_command(Command("fail", callback=fail))
    return CliRunner().invoke(group, ["fail", *arguments])


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (RequestError("a: no such folder; check the path."), 2, "a: no such folder"),
        (FULL, 1, "disk/rows.npy: No space left on device; free some space"),
        (PermissionError(errno.EACCES, "Permission denied", "x"), 1, "x: Permission denied; check"),
        (OSError("odd"), 1, "odd"),
        (FloatingPointError("training diverged"), 1, "training diverged"),
    ],
)
def test_a_failure_is_one_sentence(error, code, sentence):
    result = ending(error)
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.startswith(f"Error: {sentence}")
    assert result.stderr.count("\n") == 1


def test_a_name_in_an_error_cannot_steer_the_terminal():
    assert "\x1b" not in ending(RequestError("a\x1b[2Jb\nc: no")).stderr
    assert "a\\x1b[2Jb\\nc: no" in ending(RequestError("a\x1b[2Jb\nc: no")).stderr


@pytest.mark.parametrize(
    ("add_options", "arguments", "kept"),
    [
        (options.run_context, ["--cache", "new"], True),
        (options.run_context, ["--cache", "file"], False),
        (options.context_without_cache, [], False),
    ],
)
def test_an_interrupt_says_that_features_are_kept_where_they_are(
    add_options, arguments, kept, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "system"))
    (tmp_path / "file").write_text("in the way")

    def stop(context):
        context.write_to_cache(lambda folder: (folder / "rows").mkdir(parents=True))
        raise KeyboardInterrupt

    group = CommandGroup("tool")
    group.add_command(click.command(cls=Command)(add_options(stop)))
    result = CliRunner().invoke(group, ["stop", *arguments, "--quiet"])
    assert result.exit_code == 1
    assert ("Extracted features are kept" in result.stderr) == kept
    assert result.stderr.startswith("Stopped.")


PRINTS = """
import click
from handcraft.pipeline.cli.group import Command, CommandGroup
group = CommandGroup("tool")
group.add_command(Command("fail", callback=lambda: [click.echo("x" * 4096) for _ in range(999)]))
group(["fail"])
"""


def test_a_reader_that_went_away_ends_it_without_a_word():
    with subprocess.Popen(
        [sys.executable, "-c", PRINTS], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_another_pipe_that_broke_is_told():
    result = ending(BrokenPipeError(errno.EPIPE, "Broken pipe"))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Broken pipe; a process of the run ended early")


def test_debug_shows_where_the_unforeseen_happened(capsys):
    quiet = ending(ZeroDivisionError("by zero"))
    assert isinstance(quiet.exception, ZeroDivisionError)
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in ending(ZeroDivisionError("by zero"), "--debug").stderr


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_explains_itself(name):
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert "--debug" in result.output


def test_the_list_of_commands_shows_whole_sentences():
    listed = CliRunner().invoke(main, ["--help"]).stdout.split("Commands:")[1]
    assert "..." not in listed


def test_help_names_all_feature_sets_and_two_sources_of_labels_are_refused():
    help_text = "".join(CliRunner().invoke(main, ["compare", "--help"]).output.split())  # unwrapped
    assert f"separatedbycommas:{','.join(EXTRACTORS)};" in help_text
    both = CliRunner().invoke(main, ["compare", "x", "--labels", "a.csv", "--label-pattern", "(a)"])
    assert both.exit_code == 2
    assert "--labels and --label-pattern both give labels; choose one" in both.stderr
