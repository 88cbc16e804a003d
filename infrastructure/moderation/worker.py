"""The moderation process: `python -m infrastructure.moderation.worker SOCKET [--setup NAME]`.

It holds the models, listens on one private socket, and never talks to the database.
"""

import argparse
import asyncio
from pathlib import Path

import structlog

from infrastructure.moderation import setups
from infrastructure.moderation.service import ModerationService
from infrastructure.processes import run
from infrastructure.rpc import Server

log = structlog.get_logger()


async def serve(socket: Path, setup_name: str) -> None:
    """Load the models, then listen until cancelled. Raises `ModelRefused` for a model we do not know."""
    setup = await asyncio.to_thread(setups.load, setup_name)
    trial = await asyncio.to_thread(setups.on_trial, setup)
    service = ModerationService(setup, trial=trial)
    try:
        async with Server(socket, service.handlers, service.connected):
            log.info("Moderation listens.", setup=setup.name, trial=None if trial is None else trial.engine)
            await asyncio.Event().wait()
    finally:
        service.stop()


def main() -> None:
    """Run the process."""
    parser = argparse.ArgumentParser(prog="infrastructure.moderation.worker")
    parser.add_argument("socket", type=Path)
    parser.add_argument("--setup", choices=setups.NAMES, default=None)
    arguments = parser.parse_args()
    run("moderation", serve(arguments.socket, setups.chosen_name(arguments.setup)))


if __name__ == "__main__":
    main()
