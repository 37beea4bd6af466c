"""What a Python file imports, read from its text, and the vendors each file may name."""

import ast
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch

GRAMMARS = ("bash", "c", "go", "java", "javascript", "python", "rust", "typescript")
# A vendor's name in `import`, and the files under src/surefoot that may name it. A vendor that is not
# here is refused: give it its one file first.
VENDORS: Mapping[str, tuple[str, ...]] = {
    # Values and checks, wherever outside data comes in.
    "numpy": ("retrieval/*.py", "models/*.py", "local/gguf_to_int8.py", "gate/*.py"),
    "pydantic": (
        "settings/*.py",
        "api/*.py",
        "retrieval/snapshots.py",
        "records/encoding.py",
        "integrations/*.py",
    ),
    "pydantic_core": ("api/bodies.py",),
    "pydantic_settings": ("settings/knobs.py",),
    # The command line and what it prints.
    "typer": ("cli/*.py",),
    "rich": ("cli/*.py", "reports/*.py"),
    # The web: `api` is the room of FastAPI and of Starlette beneath it.
    "fastapi": ("api/*.py",),
    "starlette": ("api/*.py",),
    "orjson": ("api/*.py",),
    "uvicorn": ("api/uvicorn.py",),
    # One vendor, one file.
    "jsonschema": ("prompts/schemas.py",),
    "yaml": ("prompts/front_matter.py", "evals/promptfoo_rows.py"),
    "jinja2": (
        "prompts/grammar.py",
        "prompts/linting/*.py",
        "prompts/meaning.py",
        "prompts/template_faults.py",
        "prompts/templates.py",
        "console/pages.py",
        "reports/gate_html.py",
    ),
    "llama_index": (
        "retrieval/llama_index_documents.py",
        "retrieval/llama_index_legs.py",
        "retrieval/llama_index_parsers.py",
        "retrieval/llama_index_readers.py",
        "retrieval/llama_index_stores.py",
        "retrieval/chroma_server.py",
        "integrations/llama_index_answers.py",
    ),
    "langchain_core": ("integrations/langchain_*.py",),
    "langsmith": ("integrations/langchain_app.py",),
    "bs4": ("retrieval/beautifulsoup_html.py",),
    "docutils": ("retrieval/docutils_rst.py",),
    "docx": ("retrieval/python_docx.py",),
    "pdfminer": ("retrieval/pdfplumber_pdf.py",),
    "pdfplumber": ("retrieval/pdfplumber_pdf.py",),
    "tree_sitter": ("retrieval/tree_sitter_code.py",),
    **{f"tree_sitter_{name}": ("retrieval/tree_sitter_code.py",) for name in GRAMMARS},
    "chromadb": ("retrieval/chroma_*.py",),
    "bm25s": ("retrieval/bm25s_lexical.py",),
    "pyarrow": ("retrieval/passages_file.py",),
    # A room that speaks HTTP has one file for it.
    "aiohttp": (
        "models/http_connection.py",
        "retrieval/aiohttp_pages.py",
        "local/hub.py",
        "wiring/machine.py",
        "cli/service_client.py",
        "integrations/promptlayer/rest.py",
        "integrations/git_hosts/rest.py",
        "releases/oci/registry.py",
    ),
    "promptlayer": ("integrations/promptlayer/sdk.py",),
    "onnx": ("models/minilm_onnx.py",),
    "onnxruntime": ("models/onnx_*.py",),
    "tokenizers": ("models/onnx_*.py", "models/tokenizer_file.py"),
    "safetensors": ("models/minilm_onnx.py", "local/gguf_to_int8.py"),
    "gguf": ("local/gguf_to_int8.py",),
    "transformers": ("local/gguf_to_int8.py",),
    # Evaluation. ragas and what it brings run in a worker process with an environment of its own.
    "scipy": ("gate/intervals.py",),
    "statsmodels": ("gate/intervals.py",),
    "ragas": ("evals/ragas_worker.py",),
    "instructor": ("evals/ragas_worker.py",),
    "openai": ("evals/ragas_worker.py",),
    "langchain_community": ("evals/ragas_worker.py",),
    "cryptography": ("releases/signatures.py", "api/token_signatures.py"),
    "psutil": ("local/processes.py",),
    "sqlalchemy": ("traces/sqlalchemy_store.py",),
    "prometheus_client": ("traces/prometheus_metrics.py",),
}


def vendors_imported(source: str) -> Iterator[tuple[int, str]]:
    """Line and top-level name of each import that is neither ours nor Python's own."""
    for line, name in _modules_named(ast.parse(source)):
        vendor = name.partition(".")[0]
        if vendor != "surefoot" and vendor not in sys.stdlib_module_names:
            yield line, vendor


def _modules_named(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module


def strangers(path: str, source: str, vendors: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """What a file imports that the table does not let it import."""
    for line, vendor in vendors_imported(source):
        allowed = vendors.get(vendor, ())
        if not any(fnmatch(path, pattern) for pattern in allowed):
            where = ", ".join(allowed) or "no file yet: give it one in tests/house/imports.py"
            yield f"{path}:{line} imports {vendor}, which belongs in {where}"
