"""The environments of the contenders: ours and LlamaIndex's is this one, the others get their own."""

import hashlib
import subprocess
import sys
from pathlib import Path

CACHE = Path.home() / ".cache" / "surefoot" / "benchmarks"
COMMON = ("numpy==2.4.6", "onnxruntime==1.32.0", "tokenizers==0.23.3")
# Each line is one call of pip: torch comes first, by itself, so that the build for the CPU is taken.
PINNED = {
    "haystack_memory": (("haystack-ai==3.4.1", *COMMON),),
    "txtai_faiss": (
        ("torch==2.13.0",),
        ("txtai==9.14.0", "faiss-cpu==1.15.1", "transformers==5.24.0", *COMMON),
    ),
}
CONTENDERS = ("ours", "llama_index_chroma", "haystack_memory", "txtai_faiss")


def python_of(contender: str) -> str:
    """The interpreter that runs it; its environment is made the first time, in the user's cache."""
    wanted = PINNED.get(contender)
    if wanted is None:
        return sys.executable
    name = f"{contender}-{hashlib.sha256(repr(wanted).encode()).hexdigest()[:12]}"
    python = CACHE / name / "bin" / "python"
    if not (CACHE / name / "made").is_file():
        print(f"making the environment of {contender} in {CACHE / name}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", CACHE / name], check=True)
        for packages in wanted:
            subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        (CACHE / name / "made").touch()
    return str(python)


def version_of(contender: str) -> str:
    """What it is, with its version."""
    package = {
        "llama_index_chroma": "llama-index-core",
        "haystack_memory": "haystack-ai",
        "txtai_faiss": "txtai",
    }.get(contender, "surefoot")
    code = f"from importlib.metadata import version; print(version({package!r}))"
    said = subprocess.run([python_of(contender), "-c", code], capture_output=True, text=True, check=True)
    return f"{package} {said.stdout.strip()}"
