"""Commands as a user gives them, in the process of the test."""

from click.testing import CliRunner

from handcraft.pipeline.cli import main


def run_command(*arguments, expect=0, **settings):
    """Run a command; return what it printed."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], **settings)
    assert result.exit_code == expect, result.output
    return result
