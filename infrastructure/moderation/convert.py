"""Builds ONNX networks from published weights: dlib's face detector and embedder, NudeNet with bytes in.

Every network takes pictures as bytes, RGB, shape (n, height, width, 3), so that no caller has to know its
colours' mean or scale. Normalisations are folded into the convolutions before them.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from infrastructure.moderation.dlib_weights import (
    Affine,
    Convolution,
    Dense,
    Layer,
    pairs,
    read_layers,
    read_normalisations,
)

_MEAN = np.array([122.782, 117.001, 104.298])  # of red, green and blue, as dlib's networks were trained
_SCALE = 256.0
_OPSET = 17
_IR_VERSION = 8

RESNET_SIDE = 150  # px of a chip


class _Graph:
    """An ONNX graph under construction. Each method adds a node and returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        output = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, values: npt.NDArray[np.generic]) -> str:
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def pixels(self, source: str) -> str:
        """Bytes, colours last, to floats, colours first."""
        return self.add("Cast", [self.add("Transpose", [source], perm=[0, 3, 1, 2])], to=TensorProto.FLOAT)

    def convolution(self, source: str, layer: Convolution, depth: int, affine: Affine | None) -> str:
        weights, bias = _folded(layer, depth, affine)
        (down, across), (pad_down, pad_across) = layer.stride, layer.padding
        return self.add(
            "Conv",
            [source, self.constant(weights.astype(np.float32)), self.constant(bias.astype(np.float32))],
            kernel_shape=list(layer.size),
            strides=[down, across],
            pads=[pad_down, pad_across, pad_down, pad_across],
        )

    def model(
        self, name: str, source: tuple[str, list[int | str]], result: tuple[str, list[int | str]]
    ) -> bytes:
        """The finished, checked network."""
        graph = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info(source[0], TensorProto.UINT8, source[1])],
            [helper.make_tensor_value_info(result[0], TensorProto.FLOAT, result[1])],
            self.constants,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION
        )
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))


def _folded(
    layer: Convolution, depth: int, affine: Affine | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Weights and bias with the normalisation behind the convolution multiplied in."""
    count = layer.filters * depth * layer.size[0] * layer.size[1]
    weights = layer.weights[:count].reshape(layer.filters, depth, *layer.size)
    bias = layer.weights[count:]
    if bias.size != layer.filters:
        raise ValueError("The convolution has another depth than the layer before it.")
    if affine is None:
        return weights, bias
    return weights * affine.scale[:, None, None, None], bias * affine.scale + affine.shift


def build_detector(content: bytes) -> bytes:
    """The face detector (mmod): pictures of any size to a map of scores, one for every eighth pixel."""
    graph = _Graph()
    mean = graph.constant(_MEAN.astype(np.float32).reshape(1, 3, 1, 1))
    scale = graph.constant(np.array(1 / _SCALE, np.float32))
    x = graph.add("Mul", [graph.add("Sub", [graph.pixels("picture"), mean]), scale])
    depth = 3
    layers = [layer for layer, _ in pairs(read_layers(content))]
    normalisations: list[Affine | None] = [*read_normalisations(content), None]
    for layer, affine in zip(layers, normalisations, strict=True):
        x = graph.convolution(x, layer, depth, affine)
        x = graph.add("Relu", [x]) if affine else x
        depth = layer.filters
    graph.nodes.append(helper.make_node("Identity", [x], ["score"]))
    return graph.model(
        "face_detector", ("picture", ["n", "h", "w", 3]), ("score", ["n", 1, "rows", "columns"])
    )


def build_embedder(content: bytes) -> bytes:
    """The face embedder: chips of 150x150 to vectors of 128."""
    layers = read_layers(content)
    builder = _Embedder(layers)
    return builder.build()


class _Embedder:
    """A residual network of 29 convolutions: a stem, then groups of blocks that each halve the size."""

    _GROUPS = ((3, False), (4, True), (3, True), (3, True), (1, True))

    def __init__(self, layers: list[Layer]) -> None:
        self._convolutions = pairs(layers)
        self._dense = next(layer for layer in layers if isinstance(layer, Dense))
        self._graph = _Graph()
        self._depth = 3
        self._side = RESNET_SIDE

    def build(self) -> bytes:
        graph = self._graph
        x = self._convolve(self._normalised(graph.pixels("face")))
        x = graph.add("Relu", [x])
        x = graph.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2])
        self._side = (self._side - 3) // 2 + 1
        for blocks, halving in self._GROUPS:
            for i in range(blocks):
                x = self._block(x, halving=halving and i == 0)
        x = graph.add("Flatten", [graph.add("GlobalAveragePool", [x])], axis=1)
        weights = graph.constant(np.ascontiguousarray(self._dense.weights.astype(np.float32)))
        graph.nodes.append(helper.make_node("MatMul", [x, weights], ["vector"]))
        side = RESNET_SIDE
        return graph.model("face_embedder", ("face", ["n", side, side, 3]), ("vector", ["n", 128]))

    def _normalised(self, x: str) -> str:
        mean = self._graph.constant(_MEAN.astype(np.float32).reshape(1, 3, 1, 1))
        scale = self._graph.constant(np.array(1 / _SCALE, np.float32))
        return self._graph.add("Mul", [self._graph.add("Sub", [x, mean]), scale])

    def _convolve(self, x: str) -> str:
        layer, affine = next(self._convolutions)
        x = self._graph.convolution(x, layer, self._depth, affine)
        self._depth = layer.filters
        self._side = (self._side + 2 * layer.padding[0] - layer.size[0]) // layer.stride[0] + 1
        return x

    def _block(self, x: str, *, halving: bool) -> str:
        """Two convolutions beside a short cut; whatever is smaller is padded with zeros."""
        depth, side, shortcut = self._depth, self._side, x
        x = self._convolve(self._graph.add("Relu", [self._convolve(x)]))
        if halving:
            shortcut = self._graph.add("AveragePool", [shortcut], kernel_shape=[2, 2], strides=[2, 2])
            side = (side - 2) // 2 + 1
        new_depth, new_side = max(depth, self._depth), max(side, self._side)
        x = self._padded(x, new_depth - self._depth, new_side - self._side)
        shortcut = self._padded(shortcut, new_depth - depth, new_side - side)
        self._depth, self._side = new_depth, new_side
        return self._graph.add("Relu", [self._graph.add("Add", [x, shortcut])])

    def _padded(self, x: str, depth: int, side: int) -> str:
        if not depth and not side:
            return x
        pads = self._graph.constant(np.array([0, 0, 0, 0, 0, depth, side, side], np.int64))
        return self._graph.add("Pad", [x, pads], mode="constant")


def build_nudity(content: bytes) -> bytes:
    """NudeNet's network with bytes in: it takes any height and width divisible by 32."""
    model = onnx.load_model_from_string(content)
    graph = model.graph
    name = graph.input[0].name
    scale = numpy_helper.from_array(np.array(1 / 255, np.float32), "byte_scale")
    graph.initializer.append(scale)
    front = [
        helper.make_node("Transpose", ["picture"], ["picture_planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["picture_planes"], ["picture_floats"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["picture_floats", "byte_scale"], [name]),
    ]
    nodes = [*front, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info("picture", TensorProto.UINT8, ["n", "h", "w", 3]))
    return bytes(model.SerializeToString(deterministic=True))
