"""Browsers whose cameras and microphones are files: what a family, a prison and an officer look at."""

import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import av
import numpy as np
from playwright.async_api import Page, Playwright

from infrastructure.clips import FPS, SOUND_RATE, Clip, pictures
from tests.browser.browsers import ALWAYS, CAMERA, executable


def camera_file(clip: Clip, path: Path) -> Path:
    """The film as a fake camera's file (Motion JPEG). The browser plays it from when the camera is opened."""
    with av.open(str(path), "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        stream.options = {"qscale": "4"}
        for picture in pictures(clip):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuvj420p")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def microphone_file(path: Path, tone_hz: float, seconds: int = 10) -> Path:
    """A tone as a fake microphone's file."""
    t = np.arange(SOUND_RATE * seconds) / SOUND_RATE
    samples = (0.3 * 32767 * np.sin(2 * np.pi * tone_hz * t)).astype("<i2")
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(SOUND_RATE)
        sound.writeframes(samples.tobytes())
    return path


@asynccontextmanager
async def browser_page(
    playwright: Playwright,
    camera: Path | None = None,
    microphone: Path | None = None,
    *,
    program: Path | None = None,
) -> AsyncIterator[Page]:
    """A page in a browser process of its own: fake cameras of one process would share one clock.

    `program`: what starts it, in place of the browser itself.
    """
    clips = {"video": camera, "audio": microphone}
    media = [f"--use-file-for-fake-{kind}-capture={file}" for kind, file in clips.items() if file is not None]
    browser = await playwright.chromium.launch(
        executable_path=program or executable(), headless=True, args=[*ALWAYS, *CAMERA, *media]
    )
    try:
        context = await browser.new_context(viewport={"width": 1280, "height": 900})
        yield await context.new_page()
    finally:
        await browser.close()
