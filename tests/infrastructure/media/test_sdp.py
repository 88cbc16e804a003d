"""What the other end may make us do by its offer: nothing."""

from ipaddress import ip_network

from infrastructure.media.sdp import START_KBITPS, with_start_bitrate, without_candidates

LINES = (
    "v=0",
    "m=video 9 UDP/TLS/RTP/SAVPF 97",
    "a=candidate:1 1 udp 2130706431 10.1.2.3 50000 typ host",
    "a=candidate:2 1 udp 2130706431 192.0.2.9 50001 typ host",
    "a=candidate:3 1 udp 2130706431 3b9a8c1e.local 50002 typ host",
    "a=candidate:4",
    "a=end-of-candidates",
    "a=ice-ufrag:abcd",
)
OFFER = "".join(f"{line}\r\n" for line in LINES)


def test_every_remote_candidate_is_dropped_and_the_end_of_them_too() -> None:
    kept = without_candidates(OFFER)
    assert "candidate" not in kept
    assert "a=ice-ufrag:abcd\r\n" in kept


def test_only_candidates_in_allowed_networks_are_kept() -> None:
    kept = without_candidates(OFFER, [ip_network("10.0.0.0/8")])
    candidates = [line for line in kept.splitlines() if "candidate" in line]
    assert candidates == ["a=candidate:1 1 udp 2130706431 10.1.2.3 50000 typ host"]


def test_the_answer_asks_browsers_to_begin_with_a_picture_worth_judging() -> None:
    answer = with_start_bitrate("a=rtpmap:97 VP8/90000\r\na=rtpmap:98 rtx/90000\r\n")
    assert f"a=fmtp:97 x-google-start-bitrate={START_KBITPS}\r\n" in answer
    assert answer.count("x-google") == 1
