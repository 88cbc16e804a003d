"""The `kinline` command."""

import sys

import typer

from api.commands import (
    describe,
    doctor,
    evaluate,
    fsck,
    models,
    moderate,
    policy,
    recording,
    rehearse,
    replay,
    seed,
    serve,
    shadow,
    simulate,
    stub,
    token,
    weed,
)
from infrastructure.logging import set_up

app = typer.Typer(
    name="kinline",
    help="Secure video calls between people in prison and the people who matter to them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve.serve)
app.command()(doctor.doctor)
app.command()(fsck.fsck)
app.command()(policy.policy)
app.command()(moderate.moderate)
app.add_typer(models.models, name="models")
app.command(help=evaluate.HELP)(evaluate.evaluate)
app.command()(rehearse.rehearse)
app.command("replay")(replay.replay_call)
app.command("recording")(recording.play_recording)
app.command("weed")(weed.weed)
app.command()(token.token)
app.command()(stub.stub)
app.command()(describe.openapi)
app.command()(describe.asyncapi)
app.command()(seed.seed)
app.command()(simulate.simulate_policy)
app.command()(shadow.shadow)


@app.callback()
def to_standard_error(context: typer.Context) -> None:
    """Whatever a command logs goes to standard error: standard output is its answer."""
    set_up(context.invoked_subcommand or "kinline")


def main() -> None:
    """Run the command line. What a person did wrong ends in one line and exit code 2."""
    try:
        app()
    except BrokenPipeError:
        sys.exit(141)  # whoever read our output has gone
