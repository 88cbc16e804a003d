"""What a rehearsal records is what came, when it came; and a camera plays only what is a video."""

from pathlib import Path

import av
import pytest

from infrastructure.media.clip import Clip, ClipUnusable
from infrastructure.media.frame import Codec, EncodedFrame, EncodedSound
from infrastructure.media.recording import Recording
from infrastructure.media.slate import HEIGHT, WIDTH, slate


def record(path: Path, times: list[float]) -> None:
    written = Recording(path, zero=100.0)
    for at in times:
        written.picture(EncodedFrame(slate(Codec.VP8), 0, 0, True, 100.0 + at))
        written.sound(EncodedSound(b"\xf8\xff\xfe", 0, 100.0 + at))
    written.close()


def test_a_recording_keeps_gaps_and_leaves_out_what_came_before_its_zero(tmp_path: Path) -> None:
    path = tmp_path / "r.webm"
    record(path, [-0.5, 0.2, 0.24, 1.5])
    with av.open(path) as container:
        pictures = [(frame.time, frame.width, frame.height) for frame in container.decode(video=0)]
    assert [round(time or 0, 2) for time, _, _ in pictures] == [0.2, 0.24, 1.5]
    assert {(width, height) for _, width, height in pictures} == {(WIDTH, HEIGHT)}
    with av.open(path) as container:
        sounds = [packet.pts for packet in container.demux(audio=0) if packet.pts is not None]
    assert len(sounds) == 3


def test_a_recording_can_be_a_camera_again(tmp_path: Path) -> None:
    path = tmp_path / "r.webm"
    record(path, [0.0, 0.1, 0.2])
    clip = Clip.open(path)
    times = [round(at, 2) for at, _ in clip.pictures()]
    assert times == [0.0, 0.1, 0.2]


def test_what_is_no_video_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ClipUnusable, match="There is no file"):
        Clip.open(tmp_path / "missing.webm")
    text = tmp_path / "text.webm"
    text.write_text("no video")
    with pytest.raises(ClipUnusable, match="is no video"):
        Clip.open(text)
