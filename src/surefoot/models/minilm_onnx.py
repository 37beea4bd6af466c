"""The ONNX graph of all-MiniLM-L6-v2, written straight from its safetensors: no torch needed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors import SafetensorError
from safetensors.numpy import load_file

from surefoot.errors import ModelError
from surefoot.files import replace_file

OPSET = 20
IR_VERSION = 9  # the one that came with opset 20, which every onnxruntime of the last years reads
LAYER_NORM_EPSILON = 1e-12

Weights: TypeAlias = Mapping[str, NDArray[np.float32]]
Attribute: TypeAlias = float | str | list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BertSizes:
    """What the weights' shapes do not say: how many layers, and how many heads share the hidden size."""

    layers: int
    heads: int


MINILM = BertSizes(layers=6, heads=12)


def build_minilm_onnx(safetensors: Path, destination: Path, sizes: BertSizes = MINILM) -> None:
    """Write the graph with its weights to `destination`, whole or not at all; equal input, equal bytes.

    Inputs `input_ids` and `attention_mask`, int64 [batch, sequence]; output `vectors`, float32
    [batch, hidden]: the mean over the tokens that the mask keeps, brought to length 1. Raises ModelError
    when the weights are not those of such a model.
    """
    model = bert_model(read_weights(safetensors), sizes)
    replace_file(destination, model.SerializeToString(deterministic=True))


def read_weights(safetensors: Path) -> Weights:
    """The tensors by name. Raises ModelError when the file is no safetensors file."""
    try:
        return load_file(safetensors)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"cannot read weights from {safetensors.name!r}: {error}", remedy="fetch the embedder again"
        ) from error


def bert_model(weights: Weights, sizes: BertSizes) -> onnx.ModelProto:
    """A BERT encoder with mean pooling and normalisation as an ONNX model.

    Source: "BERT" (Devlin et al., 2018) as transformers' BertModel computes it, pooled as
    sentence-transformers pools all-MiniLM-L6-v2.
    """
    graph = _Graph(weights)
    states = _embeddings(graph)
    bias = _mask_bias(graph)
    for layer in range(sizes.layers):
        states = _layer(graph, states, bias, prefix=f"encoder.layer.{layer}", heads=sizes.heads)
    _pooled(graph, states)
    return _model(graph)


class _Graph:
    """Collects nodes and the weights they use, in order, so that equal weights give equal bytes."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def add(
        self, operator: str, inputs: list[str], output: str, attributes: Mapping[str, Attribute] | None = None
    ) -> str:
        """One node with one output, whose name comes back."""
        node = helper.make_node(operator, inputs, [output], name=output)
        node.attribute.extend(
            helper.make_attribute(name, value) for name, value in (attributes or {}).items()
        )
        self.nodes.append(node)
        return output

    @property
    def hidden(self) -> int:
        """Numbers in a token's row."""
        return int(self._weights["embeddings.LayerNorm.weight"].shape[0])

    def constant(self, name: str, value: NDArray[np.float32] | NDArray[np.int64]) -> str:
        """A value that is part of the graph."""
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(self, name: str, *, transposed: bool = False) -> str:
        """A tensor of the file. Raises ModelError when it is not there."""
        if name not in self._weights:
            raise ModelError(
                f"the weights hold no tensor {name!r}",
                remedy="take the weights of all-MiniLM-L6-v2 that models.toml pins",
            )
        value = self._weights[name]
        return self.constant(name, value.T if transposed else value)

    def linear(self, states: str, name: str) -> str:
        """The states times the transposed weight, plus bias."""
        weight = self.weight(f"{name}.weight", transposed=True)
        product = self.add("MatMul", [states, weight], f"{name}.product")
        return self.add("Add", [product, self.weight(f"{name}.bias")], f"{name}.output")

    def layer_norm(self, states: str, name: str) -> str:
        """LayerNormalization over the hidden axis."""
        inputs = [states, self.weight(f"{name}.weight"), self.weight(f"{name}.bias")]
        attributes: dict[str, Attribute] = {"axis": -1, "epsilon": LAYER_NORM_EPSILON}
        return self.add("LayerNormalization", inputs, f"{name}.output", attributes)


def _embeddings(graph: _Graph) -> str:
    """Word, position and segment embeddings, summed and normalised. Every token is of segment 0."""
    words = graph.weight("embeddings.word_embeddings.weight")
    positions = graph.weight("embeddings.position_embeddings.weight")
    segments = graph.weight("embeddings.token_type_embeddings.weight")
    zero, one = (
        graph.constant(name, np.array([value], np.int64)) for name, value in (("zero", 0), ("one", 1))
    )
    shape = graph.add("Shape", ["input_ids"], "input_shape")
    length = graph.add("Slice", [shape, one, graph.constant("two", np.array([2], np.int64))], "length")
    word = graph.add("Gather", [words, "input_ids"], "word")
    position = graph.add("Slice", [positions, zero, length], "position")
    segment = graph.add("Slice", [segments, zero, one], "segment")
    with_position = graph.add("Add", [word, position], "word_and_position")
    total = graph.add("Add", [with_position, segment], "embedded")
    return graph.layer_norm(total, "embeddings.LayerNorm")


def _mask_bias(graph: _Graph) -> str:
    """0 where the mask keeps a token and the lowest float where not: [batch, 1, 1, sequence]."""
    kept = graph.add("Cast", ["attention_mask"], "kept", {"to": TensorProto.FLOAT})
    dropped = graph.add("Sub", [graph.constant("one_float", np.array(1, np.float32)), kept], "dropped")
    lowest = graph.constant("lowest", np.array(np.finfo(np.float32).min, np.float32))
    bias = graph.add("Mul", [dropped, lowest], "dropped_bias")
    return graph.add("Unsqueeze", [bias, graph.constant("axes", np.array([1, 2], np.int64))], "bias")


def _layer(graph: _Graph, states: str, bias: str, *, prefix: str, heads: int) -> str:
    context = _attention(graph, states, bias, prefix=f"{prefix}.attention", heads=heads)
    attended = graph.linear(context, f"{prefix}.attention.output.dense")
    summed = graph.add("Add", [attended, states], f"{prefix}.attention.residual")
    middle = graph.layer_norm(summed, f"{prefix}.attention.output.LayerNorm")
    wide = graph.linear(middle, f"{prefix}.intermediate.dense")
    active = graph.add("Gelu", [wide], f"{prefix}.gelu", {"approximate": "none"})
    narrow = graph.linear(active, f"{prefix}.output.dense")
    return graph.layer_norm(
        graph.add("Add", [narrow, middle], f"{prefix}.residual"), f"{prefix}.output.LayerNorm"
    )


def _attention(graph: _Graph, states: str, bias: str, *, prefix: str, heads: int) -> str:
    """softmax(q·kᵀ / √d + bias)·v over heads, back in one row for each token."""
    split = graph.constant(f"{prefix}.split", np.array([0, 0, heads, -1], np.int64))
    parts = {}
    # Keys come transposed, [batch, head, d, sequence], as the product with the queries needs them.
    for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
        rows = graph.linear(states, f"{prefix}.self.{part}")
        by_head = graph.add("Reshape", [rows, split], f"{prefix}.{part}.by_head")
        parts[part] = graph.add("Transpose", [by_head], f"{prefix}.{part}", {"perm": order})
    scores = graph.add("MatMul", [parts["query"], parts["key"]], f"{prefix}.scores")
    root = graph.constant(f"{prefix}.root", np.array(math.sqrt(graph.hidden / heads), np.float32))
    scaled = graph.add("Div", [scores, root], f"{prefix}.scaled")
    masked = graph.add("Add", [scaled, bias], f"{prefix}.masked")
    shares = graph.add("Softmax", [masked], f"{prefix}.shares", {"axis": -1})
    mixed = graph.add("MatMul", [shares, parts["value"]], f"{prefix}.mixed")
    by_token = graph.add("Transpose", [mixed], f"{prefix}.by_token", {"perm": [0, 2, 1, 3]})
    joined = graph.constant(f"{prefix}.join", np.array([0, 0, graph.hidden], np.int64))
    return graph.add("Reshape", [by_token, joined], f"{prefix}.context")


def _pooled(graph: _Graph, states: str) -> str:
    """The mean over kept tokens, brought to length 1."""
    last = graph.constant("last_axis", np.array([-1], np.int64))
    middle = graph.constant("token_axis", np.array([1], np.int64))
    column = graph.add("Unsqueeze", ["kept", last], "kept_column")
    kept_states = graph.add("Mul", [states, column], "kept_states")
    total = graph.add("ReduceSum", [kept_states, middle], "state_sum", {"keepdims": 0})
    tokens = graph.add("ReduceSum", [column, middle], "token_count", {"keepdims": 0})
    few = graph.constant("fewest_tokens", np.array(1e-9, np.float32))
    mean = graph.add("Div", [total, graph.add("Max", [tokens, few], "tokens")], "mean")
    norm = graph.add("ReduceL2", [mean, last], "norm", {"keepdims": 1})
    short = graph.constant("shortest_norm", np.array(1e-12, np.float32))
    return graph.add("Div", [mean, graph.add("Max", [norm, short], "length_of_mean")], "vectors")


def _model(graph: _Graph) -> onnx.ModelProto:
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", graph.hidden])
    onnx_graph = helper.make_graph(graph.nodes, "sentence_embedder", inputs, [output], graph.initializers)
    opset = helper.make_opsetid("", OPSET)
    return helper.make_model(
        onnx_graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="surefoot"
    )
