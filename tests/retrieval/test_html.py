from surefoot.retrieval.beautifulsoup_html import read_html
from surefoot.retrieval.llama_index_documents import LlamaIndexDocuments
from surefoot.retrieval.recipes import Chunking

PAGE = """<!DOCTYPE html>
<html><head><title>Ports</title><style>p { color: red }</style><script>alert("no")</script></head>
<body>
<nav><a href="/">Home</a></nav>
<h1>Ports and <em>protocols</em></h1>
<p>The vault listens
   on <code>7420</code>.<br>See <a href="x">below</a>.</p>
loose text <b>here</b>
<div><h2>Table</h2>
<table><caption>All ports</caption>
<thead><tr><th>Port</th><th>Use</th></tr></thead>
<tbody><tr><td>7420/tcp</td><td>backup<br>data</td></tr><tr><td></td><td></td></tr></tbody></table></div>
<!-- a remark -->
<ol><li>Open <b>it</b>.<ul><li>gently</li></ul></li><li>Close it.</li></ol>
<pre>
# a comment
quill   status
</pre>
<p># of ports: 4 &amp; more</p>
</body></html>"""

READ = """# Ports and protocols

The vault listens on 7420.
See below.

loose text here

## Table

All ports
Port | Use
7420/tcp | backup data

1. Open it.
   - gently
2. Close it.

```
# a comment
quill   status
```

\\# of ports: 4 & more"""


def read(html: str) -> str:
    return read_html(html.encode()).text


def test_a_page_is_read_as_a_person_would() -> None:
    assert read(PAGE) == READ


def test_the_title_stands_in_for_a_missing_heading() -> None:
    assert read("<title>Ports</title><p>Text.</p>") == "# Ports\n\nText."


def test_broken_markup_is_read_as_far_as_it_goes() -> None:
    html = "<p>One<p>Two <b>three</b></p><table><tr><td>a<td>b<tr><td>c</table><ul><li>d<li>e</ul>"

    assert read(html) == "One\n\nTwo three\n\na | b\nc\n\n- d\n- e"


def test_headings_of_a_page_lead_to_its_passages() -> None:
    body = "word " * 50
    html = f"<h1>Top</h1><p>{body}</p><h2>Sub</h2><p>{body}</p>"

    passages = LlamaIndexDocuments().parse("page.html", read_html(html.encode()), Chunking()).passages

    assert [passage.headings for passage in passages] == [("Top",), ("Top", "Sub")]
