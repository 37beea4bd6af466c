"""A cross-encoder as a real ONNX graph: it scores a pair by how many of its words are on both sides."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tests.fakes.tiny_bert import write_tiny_bert

READS = ("input_ids", "attention_mask", "token_type_ids")


def write_tiny_cross_encoder(
    folder: Path, *, worth: float = 0.5, reads: Sequence[str] = READS, scores: int = 1
) -> Path:
    """Writes `model.onnx` and `tokenizer.json`: each shared pair of tokens is `worth` so much of the logit.

    Without token types every token is on both sides. With other `scores` it has so many for a pair.
    """
    write_tiny_bert(folder)
    one = numpy_helper.from_array(np.array(1, np.float32), "one")
    axis = {name: numpy_helper.from_array(np.array([at], np.int64), name) for name, at in AXES.items()}
    both = numpy_helper.from_array(np.array([1, 2], np.int64), "both")
    value = numpy_helper.from_array(np.full((1, scores), worth, np.float32), "worth")
    typed = "token_type_ids" in reads
    nodes = [
        helper.make_node("Cast", ["attention_mask"], ["kept"], to=TensorProto.FLOAT),
        helper.make_node("Cast", [reads[-1]], ["types"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["kept", "types"], ["passage"]),
        helper.make_node("Sub", ["kept", "passage" if typed else "nothing"], ["question"]),
        helper.make_node("Unsqueeze", ["input_ids", "second"], ["down"]),
        helper.make_node("Unsqueeze", ["input_ids", "first"], ["across"]),
        helper.make_node("Equal", ["down", "across"], ["same"]),
        helper.make_node("Cast", ["same"], ["equal"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["question", "second"], ["asked"]),
        helper.make_node("Unsqueeze", ["passage", "first"], ["said"]),
        helper.make_node("Mul", ["equal", "asked"], ["of_question"]),
        helper.make_node("Mul", ["of_question", "said"], ["shared"]),
        helper.make_node("ReduceSum", ["shared", "both"], ["count"], keepdims=0),
        helper.make_node("Unsqueeze", ["count", "first"], ["column"]),
        helper.make_node("Sub", ["column", "one"], ["words"]),  # the frame's own token is on both sides
        helper.make_node("Mul", ["words", "worth"], ["logits"]),
    ]
    nothing = numpy_helper.from_array(np.array(0, np.float32), "nothing")
    graph = helper.make_graph(
        nodes,
        "cross_encoder",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in reads],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", scores])],
        [one, *axis.values(), both, value, nothing],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    (folder / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    onnx.checker.check_model(model)
    return folder


AXES = {"first": 1, "second": 2}
