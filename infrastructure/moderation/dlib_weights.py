"""Reads the weights that dlib's public-domain networks were published with (`.dat`), without dlib.

The format is dlib's own serialisation: integers of variable length, tensors of raw little-endian float32. We
look for the layers that carry weights by their tags and read them in the order of the file, which is the
order of the network.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Tensor = npt.NDArray[np.float64]

_LAYER = re.compile(rb"\x01([\x04-\x07])(con_4|affine_|fc_2)")
_NORMALISATION = b"bn_con2"
_EPSILON = 1e-4  # dlib's, for batch normalisation


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution with its filters still in one flat row: their depth follows from the layer before."""

    weights: Tensor
    filters: int
    size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Affine:
    """A scale and a shift per filter."""

    scale: Tensor
    shift: Tensor


@dataclass(frozen=True, slots=True)
class Dense:
    """A fully connected layer without bias, shape (inputs, outputs)."""

    weights: Tensor


Layer = Convolution | Affine | Dense


def read_layers(content: bytes) -> list[Layer]:
    """Convolutions, affine layers, the dense one, in the order of the file. Raises ValueError without any."""
    layers = [_layer(content, match) for match in _LAYER.finditer(content) if _is_tag(match)]
    if not layers:
        raise ValueError("The file holds no layer of a dlib network.")
    return layers


def read_normalisations(content: bytes) -> list[Affine]:
    """Batch normalisations of a network in training form as scale and shift, in the order of the file."""
    return [_normalisation(content, match.end()) for match in re.finditer(_NORMALISATION, content)]


def _is_tag(match: "re.Match[bytes]") -> bool:
    """The byte before a name is the name's length."""
    return match.group(1)[0] == len(match.group(2))


def _layer(content: bytes, match: "re.Match[bytes]") -> Layer:
    name, at = match.group(2), match.end()
    if name == b"fc_2":
        (outputs, inputs), at = _integers(content, at, 2)
        weights, _ = _tensor(content, at)
        return Dense(weights.reshape(inputs, outputs))
    weights, at = _tensor(content, at)
    if name == b"affine_":
        scale, shift = np.split(weights.ravel(), 2)
        return Affine(scale, shift)
    (filters, rows, columns, down, across, pad_down, pad_across), _ = _integers(content, at, 7)
    return Convolution(weights.ravel(), filters, (rows, columns), (down, across), (pad_down, pad_across))


def _normalisation(content: bytes, at: int) -> Affine:
    parameters, at = _tensor(content, at)
    for _ in range(2):  # the running means of the two gradients' shapes: five integers each
        _, at = _integers(content, at, 5)
    _, at = _tensor(content, at)  # means of the last batch
    _, at = _tensor(content, at)  # inverse deviations of the last batch
    means, at = _tensor(content, at)
    variances, _ = _tensor(content, at)
    gamma, beta = np.split(parameters.ravel(), 2)
    scale = gamma / np.sqrt(variances.ravel() + _EPSILON)
    return Affine(scale, beta - scale * means.ravel())


def _tensor(content: bytes, at: int) -> tuple[Tensor, int]:
    version, at = _integer(content, at)
    if version != 2:
        raise ValueError("The tensor has a version we cannot read.")
    shape, at = _integers(content, at, 4)
    count = int(np.prod(shape))
    values = np.frombuffer(content, "<f4", count, at).astype(np.float64)
    return values.reshape(shape), at + 4 * count


def _integers(content: bytes, at: int, count: int) -> tuple[list[int], int]:
    values = []
    for _ in range(count):
        value, at = _integer(content, at)
        values.append(value)
    return values, at


def _integer(content: bytes, at: int) -> tuple[int, int]:
    """One byte with sign and length, then so many bytes, the smallest first."""
    head = content[at]
    length = head & 0x0F
    value = int.from_bytes(content[at + 1 : at + 1 + length], "little")
    return (-value if head & 0x80 else value), at + 1 + length


def pairs(layers: list[Layer]) -> Iterator[tuple[Convolution, Affine | None]]:
    """Each convolution with the affine layer behind it, if there is one."""
    for i, layer in enumerate(layers):
        if isinstance(layer, Convolution):
            behind = layers[i + 1] if i + 1 < len(layers) else None
            yield layer, behind if isinstance(behind, Affine) else None
