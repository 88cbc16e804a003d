"""What is changed in session descriptions before and after aiortc sees them."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

START_KBITPS = 800  # browsers begin at about 300 kbit/s and need half a minute to find more

_CANDIDATE = "a=candidate:"
_ADDRESS_FIELD = 4  # foundation component transport priority ADDRESS port ...
_VP8 = re.compile(r"(a=rtpmap:(\d+) VP8/90000\r?\n)")


def without_candidates(offer: str, allowed: Iterable[Network] = ()) -> str:
    """The offer without remote candidates outside `allowed`, and never with an end of candidates.

    A candidate makes us send packets to an address the other end names; so peers are found by the checks
    they send to us. With the end of candidates signalled and none left, ICE would fail at once.
    """
    networks = tuple(allowed)
    kept = [line for line in offer.splitlines() if _keeps(line, networks)]
    return "\r\n".join(kept) + "\r\n"


def _keeps(line: str, networks: tuple[Network, ...]) -> bool:
    if line.startswith("a=end-of-candidates"):
        return False
    if not line.startswith(_CANDIDATE):
        return True
    fields = line.split()
    try:
        address = ip_address(fields[_ADDRESS_FIELD])
    except (IndexError, ValueError):
        return False  # a name to be looked up
    return any(address in network for network in networks)


def with_start_bitrate(answer: str) -> str:
    """The answer with a hint to browsers to begin with a picture worth judging."""
    return _VP8.sub(rf"\1a=fmtp:\2 x-google-start-bitrate={START_KBITPS}\r\n", answer)
