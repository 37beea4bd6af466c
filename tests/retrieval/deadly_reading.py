"""Readers that end or hold up the process they are in; light to load."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from surefoot.records import Passage
from surefoot.retrieval.ports import ParsedDocument, ReadText
from surefoot.retrieval.recipes import Chunking, Named


class DeadlyReader:
    """Ends its process where the text says so."""

    def read(self, content: bytes, name: str, named: Named | None = None) -> ReadText:
        if b"exit" in content:
            os._exit(7)
        if b"segfault" in content:
            os.kill(os.getpid(), signal.SIGSEGV)
        if b"endless" in content:
            while True:
                signal.pause()
        if b"defect" in content:
            raise ZeroDivisionError("a reader's own defect")
        return ReadText(text=content.decode(), structure="text")


@dataclass(frozen=True)
class StuckReader:
    """Tells the pipe its process's number and never comes back."""

    pipe: str

    def read(self, content: bytes, name: str, named: Named | None = None) -> ReadText:
        with Path(self.pipe).open("w") as pipe:
            pipe.write(f"{os.getpid()}\n")
        while True:
            signal.pause()


class WholeDocuments:
    """A passage is a document: quick to start."""

    def parse(self, source: str, read: ReadText, chunking: Chunking) -> ParsedDocument:
        whole = Passage(id=source, source=source, start=0, end=len(read.text), text=read.text)
        return ParsedDocument(source=source, text=read.text, passages=(whole,))
