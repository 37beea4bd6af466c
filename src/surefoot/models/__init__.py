"""Chat models and embedders: what they are pinned to, how they are asked, whether the right one answers.

The files that need a vendor (`openai_chat`, `server_token_counter`, `http_embedder`, `http_reranker`,
`minilm_onnx`, `tokenizer_file`, and those that begin with `onnx_`) are imported where they are wired.
"""

from surefoot.models.catalogue import load_models
from surefoot.models.chat import ChatModel, complete
from surefoot.models.fingerprint import (
    FINGERPRINT_PROMPTS,
    Fingerprint,
    PinnedFingerprint,
    take_fingerprint,
)
from surefoot.models.identity import Expectation, ServedModel, verify
from surefoot.models.limits import Limits, Retries
from surefoot.models.specs import (
    HubFile,
    Models,
    ModelSpec,
    SourceFile,
    WheelPart,
    Wheels,
    declared_identity,
)
from surefoot.models.token_counting import EstimateTokenCounter
from surefoot.models.watch import ModelWatch, Readiness

__all__ = [
    "FINGERPRINT_PROMPTS",
    "ChatModel",
    "EstimateTokenCounter",
    "Expectation",
    "Fingerprint",
    "HubFile",
    "Limits",
    "ModelSpec",
    "ModelWatch",
    "Models",
    "PinnedFingerprint",
    "Readiness",
    "Retries",
    "ServedModel",
    "SourceFile",
    "WheelPart",
    "Wheels",
    "complete",
    "declared_identity",
    "load_models",
    "take_fingerprint",
    "verify",
]
