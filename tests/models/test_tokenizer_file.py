"""The tokens of an embedder's own tokenizer."""

import pickle
from pathlib import Path

import pytest
from tests.fakes.tiny_bert import write_tiny_bert

from surefoot.errors import NotFoundError
from surefoot.models.tokenizer_file import EmbedderTokens


def test_every_token_of_a_text_has_its_place_and_the_frame_is_none(tmp_path: Path) -> None:
    write_tiny_bert(tmp_path)
    tokens = EmbedderTokens(folder=tmp_path, max_tokens=32)

    assert tokens.spans(["the valve, so", "", "noon " * 40])[:2] == [[(0, 3), (4, 9), (9, 10), (11, 13)], []]
    assert len(tokens.spans(["noon " * 40])[0]) == 40, "the file's own cut at 8 is undone"
    assert tokens.most == 30


def test_it_goes_to_another_process_and_reads_its_file_when_asked(tmp_path: Path) -> None:
    tokens = pickle.loads(pickle.dumps(EmbedderTokens(folder=tmp_path / "none")))

    with pytest.raises(NotFoundError, match=r"embedder's 'tokenizer\.json' is not in"):
        tokens.spans(["noon"])
