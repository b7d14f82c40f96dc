"""The command of a run: as it was given, or with the option that gives the same results again."""

import click
import pytest
from click.testing import CliRunner

from handcraft.pipeline.run.command_line import COMMAND_LINE, command_line, note_option


@pytest.mark.parametrize("given", ["--minutes 5", "--minutes=5"])
def test_an_option_is_noted_in_place_of_another(given):
    @click.command()
    @click.pass_context
    def command(context):
        context.meta[COMMAND_LINE] = f"handcraft train 'my photos/' {given} --seed 1"
        note_option("--minutes", "--effort", "normal")
        click.echo(command_line())

    told = CliRunner().invoke(command, []).output
    assert told.strip() == "handcraft train 'my photos/' --effort normal --seed 1"
