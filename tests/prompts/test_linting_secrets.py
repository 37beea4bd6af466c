"""Keys and passwords are found in prompt files, and never shown."""

from pathlib import Path

import pytest
from tests.prompts.written import FRONT, write

from surefoot.prompts.linting import Surroundings, lint
from surefoot.prompts.linting.secrets import secrets_in

BODY = "{% user %}{{ question }} {{ passages[0].text }}{% enduser %}\n"
# In two parts, so that no scanner takes this file for a leak.
KEYS = {
    "OpenAI": "sk-" + "proj-Ab3dEf6hIj9kLm2nOp5qRs8t",
    "Anthropic": "sk-" + "ant-api03-Ab3dEf6hIj9kLm2nOp5q",
    "AWS": "AKIA" + "IOSFODNN7EXAMPLE",
    "GitHub": "ghp_" + "Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb3d",
    "GitLab": "glpat-" + "Ab3dEf6hIj9kLm2nOp5q",
    "Google": "AIza" + "SyAb3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zA",
    "Hugging Face": "hf_" + "Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb",
    "PromptLayer": "pl_" + "0123456789abcdef0123456789abcdef",
    "Slack": "xoxb-" + "123456789012-Ab3dEf6hIj9k",
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "assigned": "api_key = " + "q7Zp2Vx9Lk4Rt6Ws1",
    "address": "postgres://reader:" + "s3cretword@db.example.org/x",
}


@pytest.mark.parametrize(("what", "key"), KEYS.items())
@pytest.mark.parametrize("place", ["text", "comment", "front", "include"])
def test_a_key_is_found_wherever_it_stands_and_not_shown(
    tmp_path: Path, what: str, key: str, place: str
) -> None:
    front, body, include = FRONT, BODY, "Be brief."
    if place == "front":
        front += f"# {key}\n"
    elif place == "include":
        include += f" {key}"
    else:
        body += f"{{% system %}}Use {key} now{{% endsystem %}}" if place == "text" else f"{{# {key} #}}"
    body += '{% system %}{% include "rules" %}{% endsystem %}'
    findings = lint(write(tmp_path, front=front, body=body, rules=include), Surroundings()).findings
    assert [finding.rule for finding in findings] == ["secret"]
    assert what.lower() in findings[0].message.lower()
    assert key.split()[-1][-10:] not in repr(findings)


def test_no_other_finding_quotes_a_secret(tmp_path: Path) -> None:
    key = KEYS["OpenAI"]
    front = (
        FRONT + f"descripton: {key}\nowners: {key}\nsuites: {{{key}: 1}}\n" + f"tools: [{'x' * 180}{key}]\n"
    )
    front += f"variant: '{'y' * 190} {key}'\n"
    body = f"{key}\n{{% user %}}{{{{ question }}}}{{% enduser %}}"
    findings = lint(write(tmp_path, front=front, body=body), Surroundings()).findings
    assert {finding.rule for finding in findings} >= {"secret", "front-matter", "template"}
    assert key[:12] not in repr(findings)


@pytest.mark.parametrize(
    "text",
    [
        "The token is kept in the vault named office-vault-snapshots.",
        "password: {{ password }}",
        "includes: {api-token: ecb9300c1e5e}",
        "Reset the password: open-the-settings-page-first",
        "task-oriented-answers-are-better-than-none",
        "token = aaaaaaaaaaaaaaaa1111",
        "See https://example.org/a/very/long/path/with/2024/numbers-in-it",
    ],
)
def test_words_are_no_secrets(text: str) -> None:
    assert [*secrets_in(text)] == []


def test_the_digest_of_a_lock_is_no_secret(tmp_path: Path) -> None:
    digest = "4a5c" * 16
    front = FRONT + f"includes: {{api-token: {digest}}}\n"
    findings = lint(write(tmp_path, front=front, body=BODY), Surroundings()).findings
    assert [finding.rule for finding in findings] == ["lock"]
