"""Prompt files are read from one folder, whatever their names and bytes."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.prompts.written import BODY, FRONT, load, refused, write

from surefoot.errors import PromptError
from surefoot.prompts import load_prompt

PIECES = [
    b"---\n", b"schema: 1\n", b"name: sample\n", b"model: {alias: chat}\n", b"input: {q: text}\n",
    b"budget: {max_prompt_tokens: 9}\n", b"{% user %}", b"{% enduser %}", b"{{ q }}", b"{% for a in q %}",
    b"{% endfor %}", b"{%", b"%}", b"{{", b"}}", b"{#", b"- ", b": ", b"[", b"{", b"&a *a", b"!!set", b"\xff",
    b"\x00", b"\xef\xbb\xbf", b"\r", b"\t", b"'", b'"\\x', b"|\n  ", b"\xe2\x80\xa8", b"{% raw %}", b"? ",
]  # fmt: skip


def test_an_unknown_prompt_names_the_known_ones(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(PromptError, match="no prompt 'smaple'") as caught:
        load_prompt(tmp_path, "smaple")
    assert "'sample'" in caught.value.remedy
    with pytest.raises(PromptError, match="no prompt 'sample'"):
        load_prompt(tmp_path / "nowhere", "sample")


@pytest.mark.parametrize(
    "name", ["", "..", "../sample", "/etc/passwd", "a/b", "a\\b", "sample\n", "S", "_x", "a" * 65, "\0"]
)
def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    (tmp_path / "inner").mkdir()
    with pytest.raises(PromptError, match="is not a prompt's name") as caught:
        load_prompt(tmp_path / "inner", name)
    assert "lower-case" in caught.value.remedy


def test_a_link_out_of_the_folder_is_refused_and_one_within_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    folder.mkdir()
    write(folder)
    (folder / "..data").mkdir()
    (folder / "sample.prompt.md").rename(folder / "..data" / "sample.prompt.md")
    (folder / "sample.prompt.md").symlink_to(folder / "..data" / "sample.prompt.md")
    assert load_prompt(folder, "sample").name == "sample"
    secret = tmp_path / "secret"
    secret.write_text("a secret", encoding="utf-8")
    (folder / "_rules.md").symlink_to(secret)
    problem = refused(folder, body='{% user %}{% include "rules" %}{% enduser %}')
    assert "link out of its folder" in problem.message


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.prompt.md").mkdir()
    os.mkfifo(tmp_path / "pipe.prompt.md")
    (tmp_path / "ring.prompt.md").symlink_to(tmp_path / "ring.prompt.md")
    (tmp_path / "big.prompt.md").write_bytes(b"x" * 200_001)
    for name, words in {
        "folder": "not a regular file",
        "pipe": "not a regular file",
        "big": "200001 bytes",
    }.items():
        with pytest.raises(PromptError, match=words):
            load_prompt(tmp_path, name)
    with pytest.raises(PromptError):
        load_prompt(tmp_path, "ring")


def test_bytes_that_are_not_utf_8_are_refused_at_their_place(tmp_path: Path) -> None:
    (tmp_path / "sample.prompt.md").write_bytes(b"---\nname: \xc3\xa9\xff\n---\n")
    with pytest.raises(PromptError, match="0xff is not UTF-8") as caught:
        load_prompt(tmp_path, "sample")
    assert (caught.value.line, caught.value.column) == (2, 8)


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    plain = load(tmp_path)
    text = f"\ufeff---\n{FRONT}---\n{BODY}".replace("\n", "\r\n")
    (tmp_path / "sample.prompt.md").write_bytes(text.encode())
    assert load_prompt(tmp_path, "sample").digest == plain.digest


@settings(deadline=None, max_examples=60)
@given(content=st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=3)), max_size=30).map(b"".join))
def test_no_bytes_give_anything_but_a_prompt_or_its_error(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    front = f"---\n{FRONT}---\n".encode()
    for bytes_of_file in (content, b"---\n" + content + b"\n---\n" + BODY.encode(), front + content):
        (folder / "sample.prompt.md").write_bytes(bytes_of_file)
        try:
            load_prompt(folder, "sample")
        except PromptError as problem:
            assert problem.remedy
            assert problem.file


def test_a_link_to_nothing_is_there_and_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "sample.prompt.md").symlink_to("nowhere")
    with pytest.raises(PromptError, match="cannot be read: No such file"):
        load_prompt(tmp_path, "sample")
