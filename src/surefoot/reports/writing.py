"""Write a gate's report in all its forms."""

from pathlib import Path

from surefoot.files import replace_file
from surefoot.reports.gate_html import gate_html
from surefoot.reports.gate_json import gate_json
from surefoot.reports.gate_junit import gate_junit
from surefoot.reports.gate_markdown import gate_markdown
from surefoot.reports.gate_report import GateReport
from surefoot.reports.gate_terminal import gate_text


def write_reports(report: GateReport, folder: Path) -> tuple[Path, ...]:
    """Write `report.txt`, `.md`, `.xml`, `.json` and `.html` into the folder, and return their paths.

    All are made before the first is written, and each replaces its predecessor in one step.
    """
    forms = (
        ("txt", gate_text(report).encode("utf-8", "replace")),
        ("md", gate_markdown(report).encode("utf-8", "replace")),
        ("xml", gate_junit(report)),
        ("json", gate_json(report) + b"\n"),
        ("html", gate_html(report)),
    )
    files = tuple((folder / f"report.{ending}", content) for ending, content in forms)
    for file, content in files:
        replace_file(file, content)
    return tuple(file for file, _ in files)
