"""A folder's `model.onnx`, opened for this machine's processor."""

import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoSuchFile,
    RuntimeException,
)

from surefoot.models.model_folder import MODEL_FILE, ModelFolder

BROKEN = (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoSuchFile, RuntimeException)


def open_session(folder: ModelFolder, threads: int) -> onnxruntime.InferenceSession:
    """The model, ready to run. Raises NotFoundError and ModelError."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin between two operators take the cores from a model server on the same machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    file = folder.file(MODEL_FILE)
    try:
        return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    except BROKEN as error:
        raise folder.broken(MODEL_FILE, error) from error
