"""A pack for OpenCV's face classes made on the spot: no weights, and yet it finds and tells apart.

The faces are those of `generated_pack`. The detector has the twelve outputs of YuNet (class, object, box and
landmarks at three strides), the recogniser takes chips of 112 and gives 128 numbers as SFace does.
"""

from pathlib import Path

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from infrastructure.moderation import packs
from infrastructure.moderation.pack_lock import PackKind, PackLock
from tests.infrastructure.moderation.generated_pack import FACE, LANDMARKS, draft, embedder, save

MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction."""
_STRIDES = (8, 16, 32)
_OUTPUTS = (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))


def make(folder: Path) -> PackLock:
    """Write the pack and return the lock an operator would keep of it."""
    folder.mkdir(parents=True)
    save(_detector(), folder / "yunet.onnx")
    save(embedder("data", 128), folder / "sface.onnx")
    (folder / "LICENSE").write_text(MIT)
    terms = msgspec.structs.replace(
        draft(folder, PackKind.YUNET_SFACE),
        licence="MIT",
        tasks={"detection": "yunet.onnx", "recognition": "sface.onnx"},
        licence_texts=("LICENSE",),
    )
    return packs.complete(folder, terms)


def _detector() -> onnx.GraphProto:
    """Red minus green, averaged over a face's square: the score. Its picture is BGR, from 0 to 255."""
    constants = [
        numpy_helper.from_array(np.array([0, -1, 1], np.float32).reshape(1, 3, 1, 1) / 255, "colours"),
        numpy_helper.from_array(np.array(0, np.float32), "zero"),
        numpy_helper.from_array(np.array(1, np.float32), "one"),
        numpy_helper.from_array(np.array([1, -1, 1], np.int64), "column"),
    ]
    nodes = [
        helper.make_node("Conv", ["input", "colours"], ["difference"], kernel_shape=[1, 1]),
        helper.make_node("Clip", ["difference", "zero", "one"], ["mask"]),
    ]
    for stride in _STRIDES:
        nodes += _level(stride)
        size = np.log(FACE / stride)
        box = np.array([[[0, 0, size, size]]], np.float32)
        points = ((LANDMARKS / 112 - 0.5) * FACE / stride).astype(np.float32).reshape(1, 1, 10)
        constants += [
            numpy_helper.from_array(box, f"box{stride}"),
            numpy_helper.from_array(points, f"points{stride}"),
        ]
    outputs = [
        helper.make_tensor_value_info(f"{name}_{stride}", TensorProto.FLOAT, [1, f"n{name}{stride}", width])
        for name, width in _OUTPUTS
        for stride in _STRIDES
    ]
    source = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, "height", "width"])
    return helper.make_graph(nodes, "generated_yunet", [source], outputs, constants)


def _level(stride: int) -> list[onnx.NodeProto]:
    """Only the coarsest level sees anything."""
    side, before, after = (FACE, FACE // 2, FACE // 2 - stride) if stride == 32 else (stride, 0, 0)
    gain = "one" if stride == 32 else "zero"
    return [
        helper.make_node(
            "AveragePool", ["mask"], [f"all{stride}"], kernel_shape=[side, side], strides=[stride, stride],
            pads=[before, before, after, after], count_include_pad=1,
        ),
        helper.make_node("Mul", [f"all{stride}", gain], [f"seen{stride}"]),
        helper.make_node("Reshape", [f"seen{stride}", "column"], [f"cls_{stride}"]),
        helper.make_node("Identity", [f"cls_{stride}"], [f"obj_{stride}"]),
        helper.make_node("Mul", [f"cls_{stride}", "zero"], [f"nothing{stride}"]),
        helper.make_node("Add", [f"nothing{stride}", f"box{stride}"], [f"bbox_{stride}"]),
        helper.make_node("Add", [f"nothing{stride}", f"points{stride}"], [f"kps_{stride}"]),
    ]  # fmt: skip
