"""What lint finds: every rule, at its place, with what to do."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tests.prompts.written import BODY_LINE, FRONT, write

from surefoot.models.token_counting import estimated_tokens
from surefoot.prompts import load_prompt
from surefoot.prompts.linting import RULES, Finding, ReleasedContract, Surroundings, lint

AROUND = Surroundings(
    context_tokens={"chat": 4096, "embedder": None}, suites=["answers"], estimate=estimated_tokens
)
SHOWN = "{% user %}{{ question }} {{ passages[0].text }}{% enduser %}\n"


def found(
    folder: Path, *, front: str = FRONT, body: str = SHOWN, around: Surroundings = AROUND, **includes: str
) -> list[Finding]:
    write(folder, front=front, body=body, **includes)
    return list(lint(folder, around).findings)


def rules(findings: list[Finding]) -> list[str]:
    return [finding.rule for finding in findings]


def test_a_sound_prompt_has_no_finding(tmp_path: Path) -> None:
    assert found(tmp_path) == []


def test_every_wrong_key_is_found_at_once_and_the_template_too(tmp_path: Path) -> None:
    front = (
        "schema: 1\nname: other\nmodle: {alias: chat}\nmodel: {alias: chat, temperature: 9}\n"
        "input: {question: txt, passages: passages}\nowners: nobody\nbudget: {max_prompt_tokens: 0}\n"
    )
    findings = found(tmp_path, front=front, body=SHOWN + "{% user %}{{ a }} {{ b }}{% enduser %}")
    assert rules(findings) == ["front-matter"] * 6 + ["undeclared"] * 2
    assert [finding.line for finding in findings] == [3, 4, 5, 6, 7, 8, 11, 11]
    assert [finding.column for finding in findings[-2:]] == [14, 22]


def test_an_input_that_is_named_wrongly_hides_nothing_else(tmp_path: Path) -> None:
    front = FRONT.replace("question: text", "question: text, a-b: text").replace("chat", "Chat!")
    messages = "{% system %}{{ question }}{% endsystem %}{% user %}{{ other }}{% enduser %}\n"
    findings = found(tmp_path, front=front, body=messages)
    assert rules(findings) == ["front-matter", "front-matter", "unused", "untrusted", "undeclared"]


def test_a_front_matter_without_required_keys_names_each(tmp_path: Path) -> None:
    findings = found(tmp_path, front="description: Nothing else\n", body="{% user %}Hi{% enduser %}")
    assert [re.findall(r"'(\w+)' is missing", finding.message)[0] for finding in findings] == [
        "budget", "model", "name", "schema",
    ]  # fmt: skip


@pytest.mark.parametrize("front", ["", "[1, 2]\n", "a: b: c\n", "a: 1\na: 2\n", "input: [1]\n", "- {\n"])
def test_front_matter_that_is_no_mapping_is_one_finding_or_more_and_never_a_crash(
    tmp_path: Path, front: str
) -> None:
    findings = found(tmp_path, front=front)
    assert "front-matter" in rules(findings)


def test_all_that_is_outside_the_language_is_found(tmp_path: Path) -> None:
    body = (
        "{% user %}{{ question | shout }}{{ question.__class__ }}\n{% macro m() %}{% endmacro %}{% enduser %}"
    )
    findings = found(tmp_path, body=body)
    assert rules(findings) == ["template"] * 3
    assert [finding.line - BODY_LINE for finding in findings] == [0, 0, 1]
    assert (findings[0].column, findings[1].column) == (25, 45)


def test_text_outside_of_messages_is_found_beside_undeclared_names(tmp_path: Path) -> None:
    findings = found(tmp_path, body="Hello\n" + SHOWN + "{% user %}{{ name }}{% enduser %}")
    assert rules(findings) == ["template", "undeclared"]


@pytest.mark.parametrize("body", ["{% user %}", "{{ }}", "{% user %}{{ question }{% enduser %}"])
def test_a_template_that_does_not_parse_is_one_finding(tmp_path: Path, body: str) -> None:
    assert rules(found(tmp_path, body=body)) == ["template"]


def test_a_missing_include_is_found_where_it_is_included(tmp_path: Path) -> None:
    body = SHOWN + '{% system %}{% include "rules" %}{% include "ruls" %}{% endsystem %}'
    (finding,) = found(tmp_path, body=body, rules="Be brief.")
    assert (finding.rule, finding.line, finding.column) == ("unknown-include", BODY_LINE + 1, 46)
    assert "'rules'" in finding.remedy


def test_an_include_that_is_no_text_is_a_fault_of_that_file(tmp_path: Path) -> None:
    (tmp_path / "_rules.md").write_bytes(b"caf\xe9")
    (finding,) = found(tmp_path, body=SHOWN + '{% system %}{% include "rules" %}{% endsystem %}')
    assert (finding.rule, Path(finding.file).name) == ("file", "_rules.md")


def test_a_lock_on_another_text_is_found(tmp_path: Path) -> None:
    front = FRONT + "includes: {rules: 0123456789ab, others: 0123456789ab}\n"
    findings = found(
        tmp_path, front=front, body=SHOWN + '{% system %}{% include "rules" %}{% endsystem %}', rules="Hi."
    )
    assert rules(findings) == ["lock", "lock"] and findings[0].line == 7


def test_files_that_no_prompt_can_be_are_found(tmp_path: Path) -> None:
    (tmp_path / "Answer.prompt.md").write_text("---\n---\n")
    (tmp_path / "broken.prompt.md").write_bytes(b"\xff\xfe")
    findings = found(tmp_path)
    assert rules(findings) == ["file", "file"]
    assert "nothing reads it" in findings[0].message and "not UTF-8" in findings[1].message


def test_an_unused_input_is_a_warning_at_its_name(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, body="{% user %}{{ question }}{% enduser %}")
    assert (finding.rule, finding.level, finding.line, finding.column) == ("unused", "warning", 5, 25)


def test_an_input_read_in_an_include_alone_is_used(tmp_path: Path) -> None:
    body = '{% user %}{{ question }}{% include "shown" %}{% enduser %}'
    assert found(tmp_path, body=body, shown="{{ passages[0].text }}") == []


def test_the_place_in_an_include_is_the_includes_own(tmp_path: Path) -> None:
    body = SHOWN + '{% system %}{% include "shown" %}{% endsystem %}'
    (finding,) = found(tmp_path, body=body, shown="Be kind.\nAsked: {{ question }}")
    assert (Path(finding.file).name, finding.line, finding.column) == ("_shown.md", 2, 11)
    assert "sample.prompt.md includes this" in finding.message


@pytest.mark.parametrize(
    ("front", "rule", "place", "said"),
    [
        (FRONT.replace("alias: chat", "alias: chta"), "unknown-model", (4, 9), "'chta' is not in"),
        (
            FRONT.replace("alias: chat", "alias: embedder"),
            "unknown-model",
            (4, 9),
            "'embedder' does not chat",
        ),
        (FRONT + "suites: [answers, anwsers]\n", "unknown-suite", (7, 19), "no suite 'anwsers'"),
        (FRONT.replace("1000", "4000"), "budget", (6, 10), "4000 tokens of prompt and 300 of answer"),
    ],
)
def test_what_the_project_does_not_have_is_found(
    tmp_path: Path, front: str, rule: str, place: tuple[int, int], said: str
) -> None:
    (finding,) = found(tmp_path, front=front)
    assert (finding.rule, (finding.line, finding.column)) == (rule, place) and said in finding.message


def test_fixed_text_beyond_the_budget_is_a_warning_that_says_it_is_estimated(tmp_path: Path) -> None:
    front = FRONT.replace("1000", "20")
    words, either = "Keep to the rules. " * 3, "{% if question %}" + "And more. " * 9 + "{% endif %}"
    assert (
        rules(found(tmp_path, front=front, body=SHOWN + either.join(["{% system %}", "{% endsystem %}"])))
        == []
    )
    (finding,) = found(tmp_path, front=front, body=SHOWN + f"{{% system %}}{words}{{% endsystem %}}")
    assert (finding.rule, finding.level) == ("budget", "warning") and "estimate" in finding.message


def test_a_variant_of_another_contract_is_found_with_each_reason(tmp_path: Path) -> None:
    write(tmp_path)
    variant = FRONT.replace("name: sample\n", "name: sample\nvariant: short\n").replace("text", "number")
    (tmp_path / "sample.short.prompt.md").write_text(f"---\n{variant}tools: [{{name: look}}]\n---\n{SHOWN}")
    findings = lint(tmp_path, AROUND, ["sample.short"]).findings
    assert rules(list(findings)) == ["variant", "variant"]
    assert {finding.line for finding in findings} == {4}


def test_a_change_that_breaks_what_is_released_is_a_warning(tmp_path: Path) -> None:
    write(tmp_path, body=SHOWN)
    contract = load_prompt(tmp_path, "sample").contract
    released = ReleasedContract(app="answers", release="ab" * 32, prompt="sample", contract=contract)
    around = replace(AROUND, released=[released])
    assert found(tmp_path, around=around) == []
    wider = FRONT.replace("text,", "text, tone: {type: string, default: plain},")
    assert (
        rules(found(tmp_path, front=wider, body=SHOWN + "{% user %}{{ tone }}{% enduser %}", around=around))
        == []
    )
    narrower = FRONT.replace("question: text", "question: {type: string, maxLength: 9}")
    (finding,) = found(tmp_path, front=narrower, around=around)
    assert (finding.rule, finding.level) == ("contract", "warning")
    assert "maxLength 9, and had none; production of answers (abababababab)" in finding.message
    spread = FRONT.replace("input: {question: text, ", "input:\n  question: text\n  tone: text\n  ").replace(
        "}\nb", "\nb"
    )
    findings = found(
        tmp_path, front=f"{spread}output: {{format: json, schema: {{type: object}}}}\n", around=around
    )
    assert [finding.line for finding in findings if finding.rule == "contract"] == [7, 10]


def test_findings_are_sorted_and_each_comes_once(tmp_path: Path) -> None:
    for name in ("one", "two"):
        text = f"---\n{FRONT.replace('sample', name)}---\n" + '{% system %}{% include "r" %}{% endsystem %}'
        (tmp_path / f"{name}.prompt.md").write_text(text)
    findings = lint(write(tmp_path, r="password: hunter2hunter7Xq9ZtB4kk"), AROUND).findings
    assert list(findings) == sorted(findings)
    assert rules(list(findings)).count("secret") == 1


def test_a_template_too_deep_for_the_compiler_is_found(tmp_path: Path) -> None:
    deep = "{% for p in passages %}" * 25 + "x" + "{% endfor %}" * 25
    assert rules(found(tmp_path, body=SHOWN + f"{{% user %}}{deep}{{% enduser %}}")) == ["template"]


def test_the_page_lists_every_rule_and_no_other() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "prompt-lint.md").read_text(encoding="utf-8")
    rows: Mapping[str, str] = dict(re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", page, re.MULTILINE))
    assert list(rows) == list(RULES)
