from pathlib import Path

import pytest
from tests.retrieval.fixtures import PROJECT

from surefoot.errors import NotFoundError, SettingsError
from surefoot.retrieval import Recipe, load_recipe
from surefoot.retrieval.recipes import Chunking, LexicalLeg

DEFAULT = PROJECT / "serving/recipes/default.toml"


def written(folder: Path, text: str) -> Path:
    path = folder / "trial.toml"
    path.write_text(text)
    return path


def test_the_shipped_recipe_says_what_the_defaults_are() -> None:
    assert load_recipe(DEFAULT) == Recipe(name="default")


def test_comments_order_and_left_out_defaults_do_not_change_the_digest(tmp_path: Path) -> None:
    bare = written(tmp_path, "schema = 1\n")
    spelled = tmp_path / "spelled.toml"
    spelled.write_text("# a remark\nschema = 1\n[search]\nlimit = 4\n[chunking]\nlimit_words = 130\n")

    assert load_recipe(bare).digest == load_recipe(spelled).digest == load_recipe(DEFAULT).digest


def test_every_value_is_part_of_the_digest(tmp_path: Path) -> None:
    changes = [
        "[chunking]\nlimit_words = 131",
        "[chunking]\nminimum_words = 41",
        "[chunking]\noverlap_words = 21",
        "[dense]\nweight = 2",
        "[dense]\ncandidates = 41",
        "[lexical]\nweight = 0.5",
        "[lexical]\ncandidates = 41",
        "[lexical]\nk1 = 1.5",
        "[lexical]\nb = 0.7",
        '[lexical]\nanalyser = "plain"',
        "[fusion]\nrrf_k = 61",
        "[search]\nlimit = 5",
        "[dense]\nwindow_words = 60",
        "[search]\nalike = 0.9",
        "[search]\nper_document = 1",
        "[search]\ndiversity = 0.3",
        "[search]\nneighbours = 1",
        '[chunking]\nsplitter = "token"',
        '[chunking]\nsplitter = "token"\nlimit_tokens = 150',
        '[chunking]\nsplitter = "token"\noverlap_tokens = 10',
        '[scan]\nsuspicious = "hold back"',
        "[abstention]\nleast_similarity = 0.4",
    ]
    digests = {load_recipe(written(tmp_path, f"schema = 1\n{change}\n")).digest for change in changes}

    assert len(digests | {Recipe(name="default").digest}) == len(changes) + 1


def test_a_recipe_without_what_came_later_has_the_digest_it_always_had() -> None:
    assert load_recipe(DEFAULT).digest == "d118b4a41d6bd5e1c4cb997a8312cba48b5c728d272239dedd29d8b48b64104e"


def test_only_what_decides_an_index_is_in_its_digest(tmp_path: Path) -> None:
    default = load_recipe(DEFAULT).index_digest
    indexing = [
        "[chunking]\nlimit_words = 131",
        "[dense]\nwindow_words = 60",
        "[lexical]\nk1 = 1.5",
        '[lexical]\nanalyser = "plain"',
    ]
    searching = [
        "[dense]\nweight = 2",
        "[lexical]\ncandidates = 41",
        "[fusion]\nrrf_k = 61",
        "[search]\nneighbours = 1",
        "[abstention]\nleast_similarity = 0.4",
    ]

    def of(text: str) -> str:
        return load_recipe(written(tmp_path, f"schema = 1\n{text}\n")).index_digest

    assert len({default, *map(of, indexing)}) == len(indexing) + 1
    assert {of(text) for text in searching} == {default}


def test_a_whole_number_and_the_same_number_with_a_point_are_one_recipe(tmp_path: Path) -> None:
    assert (
        load_recipe(written(tmp_path, "schema = 1\n[dense]\nweight = 1\n")).digest == Recipe(name="x").digest
    )


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("schema = 2", "schema is 2", "schema = 1"),
        ("schema = 1\nchunks = 3", "no key 'chunks'", "chunking, dense, fusion, lexical"),
        ("schema = 1\n[dense]\nwieght = 3", "no key 'dense.wieght'", "candidates, weight"),
        ("schema = 1\ndense = 3", "dense is 3", "[dense]"),
        ("schema = 1\n[dense]\nweight = nan", "weight is nan", "from 0 to 100"),
        ("schema = 1\n[dense]\ncandidates = 0", "candidates is 0", "from 1 to 1000"),
        ("schema = 1\n[chunking]\nsplitter = 'magic'", "splitter is 'magic'", "'structure'"),
        ("schema = 1\n[chunking]\noverlap_words = 100", "overlap_words = 100", "half of limit_words"),
        ("schema = 1\n[dense]\nweight=0\n[lexical]\nweight=0", "are both 0", "above 0"),
    ],
)
def test_a_wrong_recipe_is_refused_with_what_to_write(
    tmp_path: Path, text: str, message: str, remedy: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_recipe(written(tmp_path, text))

    assert message in refusal.value.message
    assert remedy in refusal.value.remedy


def test_a_recipe_that_is_not_there_offers_those_that_are(tmp_path: Path) -> None:
    written(tmp_path, "schema = 1\n")

    with pytest.raises(NotFoundError) as refusal:
        load_recipe(tmp_path / "other.toml")

    assert "'other'" in refusal.value.message
    assert "trial" in refusal.value.remedy


def test_the_name_is_the_file_s_and_not_part_of_the_digest() -> None:
    recipe = Recipe(name="one", chunking=Chunking(limit_words=90), lexical=LexicalLeg(k1=0.9))

    assert recipe.digest == Recipe(name="two", chunking=recipe.chunking, lexical=recipe.lexical).digest


@pytest.mark.parametrize(
    ("chunking", "wrong"),
    [
        ('splitter = "token"\nlimit_words = 100', "limit_words"),
        ("limit_tokens = 100", "limit_tokens"),
        ('splitter = "token"\nlimit_tokens = 31', "31"),
        ('splitter = "token"\nlimit_tokens = 50\noverlap_tokens = 26', "overlap_tokens = 26"),
    ],
)
def test_tokens_and_words_are_not_mixed_and_an_overlap_is_at_most_half(
    tmp_path: Path, chunking: str, wrong: str
) -> None:
    with pytest.raises(SettingsError, match=wrong):
        load_recipe(written(tmp_path, f"schema = 1\n[chunking]\n{chunking}\n"))
