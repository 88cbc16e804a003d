"""In what numbers a network computes: it goes on record with every observation, for it moves the answers."""

import onnx
from onnx import TensorProto

_QUANTISED = frozenset(
    {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul"}
    | {"ConvInteger", "MatMulInteger"}
)


def precision_of(model: bytes) -> str:
    """`int8`, `fp16` or `fp32`: the coarsest the network uses."""
    graph = onnx.load_model_from_string(model).graph
    if any(node.op_type in _QUANTISED for node in graph.node):
        return "int8"
    if any(weights.data_type == TensorProto.FLOAT16 for weights in graph.initializer):
        return "fp16"
    return "fp32"
