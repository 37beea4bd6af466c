"""Split a prompt file, and read its YAML: plain data only, every value with the place it stands at.

Scalars mean what they mean in YAML 1.2 (`no` is a text, `1:30` is a text). Tags, aliases and keys
given twice are refused: front matter needs none of them, and each has been a way to smuggle something in.
"""

import re
from dataclasses import dataclass
from typing import Literal

import yaml

from surefoot.errors import PromptError
from surefoot.prompts.fields import Located
from surefoot.prompts.files import SourceFile
from surefoot.prompts.yaml_faults import yaml_fault
from surefoot.records import Json

_FENCE = re.compile(r"^---[ \t]*$", re.MULTILINE)
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, Json] = {"": None, "~": None, "null": None, "true": True, "false": False}
_LARGEST = 10**15
_MAX_CHARACTERS = 20_000
_MAX_DEPTH = 20
_DEFAULT_TAGS = ("!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")


def split(source: SourceFile) -> tuple[str, str, int]:
    """The front matter, the body, and the line of the file on which the body begins."""
    opening = _FENCE.match(source.text)
    if opening is None:
        raise PromptError(
            "the file does not begin with front matter",
            remedy="Begin the file with a line '---', the keys, and another line '---'.",
            file=source.file,
            line=1,
        )
    closing = _FENCE.search(source.text, opening.end())
    if closing is None:
        raise PromptError(
            "the front matter that begins here has no end",
            remedy="End it with a line '---' before the template.",
            file=source.file,
            line=1,
        )
    front = source.text[opening.end() : closing.start()]
    if len(front) > _MAX_CHARACTERS:
        raise PromptError(
            f"the front matter has {len(front)} characters, and at most {_MAX_CHARACTERS} are read",
            remedy="Keep to the keys of a prompt file.",
            file=source.file,
            line=1,
        )
    body = source.text[closing.end() + 1 :].rstrip()
    return front, body, source.text.count("\n", 0, closing.end()) + 2


def read_yaml(front: str, *, file: str) -> Located:
    """The front matter as values with places. `front` begins with the end of the file's first line."""
    reader = _PlainReader(file)
    try:
        node = yaml.compose(front, Loader=_Composer)
        if node is None:
            raise PromptError(
                "the front matter is empty", remedy="Write 'schema: 1' and the other keys.", file=file, line=1
            )
        return reader.value(node, node.start_mark)
    except yaml.MarkedYAMLError as problem:
        fault = yaml_fault(
            front,
            problem=problem.problem or problem.context or "it is wrong",
            mark=problem.problem_mark or problem.context_mark,
            context=problem.context or "",
            begun=problem.context_mark,
        )
        raise PromptError(
            f"the front matter is not YAML: {fault.message}",
            remedy=fault.remedy,
            file=file,
            line=fault.mark.line + 1 if fault.mark else None,
            column=fault.mark.column + 1 if fault.mark else None,
        ) from problem
    except yaml.reader.ReaderError as problem:
        raise PromptError(
            f"the front matter holds the character {front[problem.position]!r}",
            remedy="Remove it, or write it as an escape in double quotes.",
            file=file,
            line=front.count("\n", 0, problem.position) + 1,
            column=problem.position - front.rfind("\n", 0, problem.position),
        ) from problem
    except (ValueError, OverflowError) as problem:
        # PyYAML lets these through for escapes beyond Unicode.
        raise PromptError(
            "the front matter holds an impossible escape",
            remedy="Write the character itself.",
            file=file,
            line=1,
        ) from problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One piece of YAML as it is written: its kind, and where it begins and ends, in characters."""

    kind: Literal["scalar", "block text", "open", "close", "comma", "colon", "other"]
    start: int
    end: int


def written_pieces(front: str) -> list[Written]:
    """The pieces that the front matter is written with; what lies between them is space and comments."""
    return [
        Written(kind=_kind(token), start=token.start_mark.index, end=token.end_mark.index)
        for token in yaml.scan(front, Loader=yaml.BaseLoader)
        if token.end_mark.index > token.start_mark.index
    ]


def _kind(token: yaml.Token) -> Literal["scalar", "block text", "open", "close", "comma", "colon", "other"]:
    match token:
        case yaml.ScalarToken(style="|" | ">"):
            return "block text"
        case yaml.ScalarToken():
            return "scalar"
        case yaml.FlowMappingStartToken() | yaml.FlowSequenceStartToken():
            return "open"
        case yaml.FlowMappingEndToken() | yaml.FlowSequenceEndToken():
            return "close"
        case yaml.FlowEntryToken():
            return "comma"
        case yaml.ValueToken():
            return "colon"
    return "other"


def top_keys(front: str) -> list[tuple[str, int]]:
    """The keys of the front matter with the place where each begins; none when it is written in braces."""
    node = yaml.compose(front, Loader=yaml.BaseLoader)
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        return []
    return [(str(key.value), key.start_mark.index) for key, _ in node.value]


class _Composer(yaml.BaseLoader):
    """YAML's structure with every scalar still a text, without aliases, and not too deep."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse `*alias` and what is nested too deep, then compose as ever."""
        event = self.peek_event()  # type: ignore[no-untyped-call] # untyped in the stubs alone
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="aliases are not read", problem_mark=mark)
        if self._depth == _MAX_DEPTH:
            raise yaml.MarkedYAMLError(
                problem=f"values are more than {_MAX_DEPTH} levels deep", problem_mark=mark
            )
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _PlainReader:
    """Turns YAML nodes into values that JSON could hold."""

    def __init__(self, file: str) -> None:
        self._file = file

    def value(self, node: yaml.Node, mark: yaml.Mark) -> Located:
        """The node's value, standing at `mark`."""
        if node.tag not in _DEFAULT_TAGS:
            raise self._wrong(
                node, f"the tag {node.tag!r} is not read here", "Remove it, or put the text in quotes."
            )
        line, column = mark.line + 1, mark.column + 1
        if isinstance(node, yaml.MappingNode):
            keys = self._keys(node)
            value: Json = {key: located.value for key, located in keys.items()}
            return Located(value=value, line=line, column=column, keys=keys)
        if isinstance(node, yaml.SequenceNode):
            items = tuple(self.value(item, item.start_mark) for item in node.value)
            return Located(value=[item.value for item in items], line=line, column=column, items=items)
        return Located(value=self._scalar(node), line=line, column=column)

    def _keys(self, node: yaml.MappingNode) -> dict[str, Located]:
        keys: dict[str, Located] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._wrong(key, "a key must be a text", "Write the key as a plain word.")
            if key.value in keys:
                raise self._wrong(key, f"the key {key.value!r} stands here twice", "Remove one of them.")
            keys[self._text(key)] = self.value(value, key.start_mark)
        return keys

    def _scalar(self, node: yaml.Node) -> Json:
        text = self._text(node)
        if not isinstance(node, yaml.ScalarNode) or node.style is not None:
            return text
        if text.lower() in _WORDS and text in (text.lower(), text.capitalize(), text.upper()):
            return _WORDS[text.lower()]
        if not _INTEGER.match(text) and not _FLOAT.match(text):
            return text
        number = float(text)
        if abs(number) > _LARGEST:
            raise self._wrong(
                node, f"the number {text[:40]} is too large", f"Use at most {_LARGEST}, or a text in quotes."
            )
        return int(text) if _INTEGER.match(text) else number

    def _text(self, node: yaml.Node) -> str:
        text = str(node.value)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise self._wrong(
                node, "the text holds half of a surrogate pair", "Write the whole character instead."
            )
        return text

    def _wrong(self, node: yaml.Node, message: str, remedy: str) -> PromptError:
        mark = node.start_mark
        return PromptError(
            message, remedy=remedy, file=self._file, line=mark.line + 1, column=mark.column + 1
        )
