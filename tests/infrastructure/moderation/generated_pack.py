"""A face pack made on the spot, which the real library loads: no weights, and yet it finds and tells apart.

A "face" is a square of 96 pixels with full red and no green; the pattern of its blue is who it is. The detector
has the nine outputs of SCRFD, the embedder takes chips of 112 as ArcFace does.
"""

import hashlib
import json
from pathlib import Path

import cv2
import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from application.moderation import Picture
from infrastructure.moderation import packs
from infrastructure.moderation.pack_lock import Golden, LivenessLock, PackKind, PackLock

FACE = 96  # px
MODEL = "kinline-generated"
_STRIDES = (8, 16, 32)
LANDMARKS = np.array(
    [[38.3, 51.7], [73.5, 51.5], [56.0, 71.7], [41.5, 92.4], [70.7, 92.2]]
)  # of a chip of 112


def draw(picture: Picture, identity: int, x: int, y: int, *, alive: bool = True) -> None:
    """One face where one of the detector's cells lies: x and y are 16 more than a multiple of 32.

    A photograph of somebody is a little less red, which the liveness network alone minds.
    """
    red = 255 if alive else 225
    pattern = np.random.default_rng(identity).integers(0, 2, (8, 8), np.uint8) * 255
    blue = cv2.resize(pattern, (FACE, FACE), interpolation=cv2.INTER_NEAREST)
    picture[y : y + FACE, x : x + FACE] = np.dstack([np.full_like(blue, red), np.zeros_like(blue), blue])


def scene(*people: tuple[int, int, int], shape: tuple[int, int] = (480, 640)) -> Picture:
    """A grey wall with faces on it: who, x and y of each."""
    picture = np.full((*shape, 3), 128, np.uint8)
    for identity, x, y in people:
        draw(picture, identity, x, y)
    return picture


def make(folder: Path) -> PackLock:
    """Write the pack and return the lock an operator would keep of it."""
    folder.mkdir(parents=True)
    save(_detector(), folder / "det.onnx")
    save(embedder("x", 512), folder / "rec.onnx")
    tasks = {"detection": "det.onnx", "recognition": "rec.onnx"}
    manifest = {
        "manifest_version": 2,
        "model_id": MODEL,
        "license": "MODEL.LICENSE",
        "tasks": {task: {"file": name, "sha256": _sha256(folder / name)} for task, name in tasks.items()},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return packs.complete(folder, draft(folder, PackKind.INSIGHTFACE))


def add_liveness(folder: Path, lock: PackLock, licence: str = "none") -> PackLock:
    """The same pack with a network that tells photographs."""
    save(_liveness(), folder / "liveness.onnx")
    liveness = LivenessLock("liveness.onnx", licence, threshold=8_000, golden=0)
    return packs.complete(folder, msgspec.structs.replace(lock, liveness=liveness))


def draft(folder: Path, kind: PackKind) -> PackLock:
    """What an operator writes before the files are looked at; the golden picture is put beside them."""
    cv2.imwrite(str(folder / "golden.png"), scene((5, 240, 176))[:, :, ::-1])
    golden = Golden("golden.png", (), distance_max=10)
    return PackLock("generated", "none", "nothing", 4_000, 3_000, 6_000, 7_000, {}, golden, kind=kind)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _detector() -> onnx.GraphProto:
    """Red minus green, averaged over a face's square: the score. Boxes and landmarks are constants."""
    constants = [
        numpy_helper.from_array(np.array([0.5, -0.5, 0], np.float32).reshape(1, 3, 1, 1), "colours"),
        numpy_helper.from_array(np.array(0, np.float32), "zero"),
        numpy_helper.from_array(np.array(1, np.float32), "one"),
        numpy_helper.from_array(np.array([-1, 1], np.int64), "column"),
    ]
    nodes = [
        helper.make_node("Conv", ["x", "colours"], ["difference"], kernel_shape=[1, 1]),
        helper.make_node("Clip", ["difference", "zero", "one"], ["mask"]),
    ]
    for stride in _STRIDES:
        nodes += _level(stride)
        box = np.full((1, 4), FACE / 2 / stride, np.float32)
        points = ((LANDMARKS / 112 - 0.5) * FACE / stride).astype(np.float32).reshape(1, 10)
        constants += [
            numpy_helper.from_array(box, f"box{stride}"),
            numpy_helper.from_array(points, f"points{stride}"),
        ]
    outputs = [
        helper.make_tensor_value_info(f"{name}_{stride}", TensorProto.FLOAT, [f"n{name}{stride}", width])
        for name, width in (("score", 1), ("bbox", 4), ("kps", 10))
        for stride in _STRIDES
    ]
    source = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, "height", "width"])
    return helper.make_graph(nodes, "generated_detector", [source], outputs, constants)


def _level(stride: int) -> list[onnx.NodeProto]:
    """Only the coarsest level sees anything; the second anchor of each cell never does."""
    if stride == 32:
        before, after = FACE // 2, FACE // 2 - stride
        pool = helper.make_node(
            "AveragePool", ["mask"], [f"seen{stride}"], kernel_shape=[FACE, FACE], strides=[stride, stride],
            pads=[before, before, after, after], count_include_pad=1,
        )  # fmt: skip
        seen = [pool]
    else:
        size = [stride, stride]
        seen = [
            helper.make_node("AveragePool", ["mask"], [f"all{stride}"], kernel_shape=size, strides=size),
            helper.make_node("Mul", [f"all{stride}", "zero"], [f"seen{stride}"]),
        ]
    return [
        *seen,
        helper.make_node("Mul", [f"seen{stride}", "zero"], [f"blind{stride}"]),
        helper.make_node("Concat", [f"seen{stride}", f"blind{stride}"], [f"both{stride}"], axis=1),
        helper.make_node("Transpose", [f"both{stride}"], [f"cells{stride}"], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", [f"cells{stride}", "column"], [f"score_{stride}"]),
        helper.make_node("Mul", [f"score_{stride}", "zero"], [f"nothing{stride}"]),
        helper.make_node("Add", [f"nothing{stride}", f"box{stride}"], [f"bbox_{stride}"]),
        helper.make_node("Add", [f"nothing{stride}", f"points{stride}"], [f"kps_{stride}"]),
    ]


def embedder(source: str, numbers: int) -> onnx.GraphProto:
    """The blue channel of a chip, RGB, in eight by eight cells, turned by a fixed matrix."""
    matrix = np.random.default_rng(7).standard_normal((64, numbers)).astype(np.float32) / 8
    constants = [
        numpy_helper.from_array(np.array([0, 0, 1], np.float32).reshape(1, 3, 1, 1), "blue_only"),
        numpy_helper.from_array(matrix, "matrix"),
    ]
    nodes = [
        helper.make_node("Conv", [source, "blue_only"], ["blue"], kernel_shape=[1, 1]),
        helper.make_node("AveragePool", ["blue"], ["cells"], kernel_shape=[14, 14], strides=[14, 14]),
        helper.make_node("Flatten", ["cells"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "matrix"], ["embedding"]),
    ]
    chips = helper.make_tensor_value_info(source, TensorProto.FLOAT, ["n", 3, 112, 112])
    result = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", numbers])
    return helper.make_graph(nodes, "generated_embedder", [chips], [result], constants)


def _liveness() -> onnx.GraphProto:
    """How red the nose is: 80 by 80 in, one probability out."""
    constants = [
        numpy_helper.from_array(np.array([0, 44, 36], np.int64), "from"),
        numpy_helper.from_array(np.array([1, 50, 44], np.int64), "to"),
        numpy_helper.from_array(np.array([1, 2, 3], np.int64), "axes"),
        numpy_helper.from_array(np.array(0.93, np.float32), "pale"),
        numpy_helper.from_array(np.array(20, np.float32), "gain"),
        numpy_helper.from_array(np.array(0, np.float32), "zero"),
        numpy_helper.from_array(np.array(1, np.float32), "one"),
    ]
    nodes = [
        helper.make_node("Slice", ["x", "from", "to", "axes"], ["nose"]),
        helper.make_node("ReduceMean", ["nose"], ["red"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Sub", ["red", "pale"], ["more"]),
        helper.make_node("Mul", ["more", "gain"], ["much"]),
        helper.make_node("Clip", ["much", "zero", "one"], ["live"]),
    ]
    source = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 80, 80])
    result = helper.make_tensor_value_info("live", TensorProto.FLOAT, ["n"])
    return helper.make_graph(nodes, "generated_liveness", [source], [result], constants)


def save(graph: onnx.GraphProto, path: Path) -> None:
    """Write a checked network."""
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
