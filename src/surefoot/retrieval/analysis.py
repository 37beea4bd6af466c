"""Text to index words, the same for passages and questions: the lexical leg's own small analyser.

No dictionary and no download: word endings are taken off by a few rules (after the first step of Porter's
stemmer), which only has to bring forms of a word together, not to make words.
"""

import re
import unicodedata
from functools import lru_cache

# Names like vault.toml, quill-agent and 3.2.1 are kept whole and in parts; scripts without spaces by letter.
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+(?:[._:/@+-][^\W_]+)*")
PART = re.compile(r"[^\W_]+")
STOPWORDS = frozenset(
    """a about an and any are as at be been but by can could did do does for from get had has have how i if in
    into is it its may me much my of on or our shall should so than that the their them then there these
    they this those to was we were what when where which who why will with would you your""".split()
)
VOWEL = re.compile(r"[aeiouy]")
DOUBLED = re.compile(r"([bdfgmnprt])\1$")


def index_words(text: str, analyser: str) -> list[str]:
    """The words of a text for the analyser of the recipe: `english` or `plain`."""
    words: list[str] = []
    for word in WORD.findall(_folded(text)):
        words.append(word)
        if not word.isalnum():
            words += PART.findall(word)
    if analyser == "plain":
        return words
    return [stem(word) for word in words if word not in STOPWORDS]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """An English word without its ending: restored, restoring and restores meet in restor."""
    if len(word) <= 3 or not word.isalpha():
        return word
    word = _without_plural(word)
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and VOWEL.search(rest):
            word = DOUBLED.sub(r"\1", rest)
            break
    if len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    return word[:-1] + "i" if len(word) > 3 and word.endswith("y") else word


def _folded(text: str) -> str:
    folded = text.casefold().replace("'s", "").replace("’s", "")
    if folded.isascii():
        return folded
    spread = unicodedata.normalize("NFKD", folded)
    marks = {ord(letter): None for letter in set(spread) if unicodedata.combining(letter)}
    return unicodedata.normalize("NFC", spread.translate(marks) if marks else spread)


def _without_plural(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
