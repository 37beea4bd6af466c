"use strict";
// Everything that comes from the service is put in as text, never as markup.
(() => {
  const at = (id) => document.getElementById(id);
  const form = at("ask"), send = at("send"), status = at("status"), answered = at("answered");
  const answer = at("answer"), measures = at("measures"), citations = at("citations");
  const MARK = /\[\d{1,3}(?:\s*,\s*\d{1,3})*\]/g;

  const element = (name, text, cssClass) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (cssClass) made.className = cssClass;
    return made;
  };
  const link = (text, href) => {
    const made = element("a", text);
    made.href = href;
    return made;
  };
  const seconds = (value) => value === null ? "–" : value < 1 ? Math.round(value * 1000) + " ms" : value.toFixed(1) + " s";

  function showText(text, passages) {
    answer.replaceChildren();
    let done = 0;
    for (const mark of text.matchAll(MARK)) {
      for (const digits of mark[0].matchAll(/\d+/g)) {
        const number = Number(digits[0]), start = mark.index + digits.index;
        if (number < 1 || number > passages) continue;
        const made = link(digits[0], "#passage-" + number);
        made.setAttribute("aria-label", "Passage " + number);
        answer.append(text.slice(done, start), made);
        done = start + digits[0].length;
      }
    }
    answer.append(text.slice(done));
  }

  function showCitation(citation, app) {
    const item = element("li"), box = element("details", undefined, "panel"), summary = element("summary");
    item.id = "passage-" + citation.number;
    const where = [...(citation.headings.length ? [citation.headings.join(" › ")] : []),
      "score " + Number(citation.score).toFixed(3)];
    summary.append(element("span", "[" + citation.number + "]", "number"), " " + citation.source,
      element("br"), element("span", where.join(" · "), "quiet"));
    const open = element("p", undefined, "quiet");
    open.append(link("Open the passage",
      "/passages/" + encodeURIComponent(app) + "/" + encodeURIComponent(citation.passage_id)));
    const unsupported = citation.supports.filter((support) => !support.supported).length;
    if (unsupported) summary.append(element("br"), element("span",
      unsupported + " of " + citation.supports.length + " sentences that cite it are not found in it", "warning"));
    box.append(summary, element("p", citation.text, "text"), open);
    item.append(box);
    citations.append(item);
  }

  function showAnswer(data) {
    showText(data.answer, data.passages.length);
    citations.replaceChildren();
    for (const citation of data.citations) showCitation(citation, data.app);
    const tokens = data.usage ? " · " + data.usage.output_tokens + " tokens" : "";
    const release = element("span", data.release.slice(0, 12), "digest");
    release.title = data.release;
    measures.replaceChildren(seconds(data.timings.first_token_seconds) + " to the first token · "
      + seconds(data.timings.total_seconds) + " in all" + tokens + " · release ", release, " · ",
      link("trace", "/traces/" + encodeURIComponent(data.id)));
    status.textContent = "";
  }

  function showError(error) {
    status.replaceChildren(element("span", error.message + ". " + error.remedy, "bad"));
  }

  const shows = {
    passages: (data) => {
      status.textContent = data.passages.length + " passages found; the model reads them.";
    },
    delta: (data) => {
      status.textContent = "";
      answer.append(data.text);
    },
    citations: () => {},  // the whole answer says them again, beside the passages
    answer: showAnswer,
    error: (data) => showError(data.error),
  };

  async function follow(stream) {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      for (const event of events) {
        const [name, data] = event.split("\n");
        shows[name.slice("event: ".length)](JSON.parse(data.slice("data: ".length)));
      }
    }
  }

  async function ask() {
    const response = await fetch("/v1/answers", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept": "text/event-stream" },
      body: JSON.stringify({ question: at("question").value, app: at("app").value, stream: true }),
    });
    if (response.ok) await follow(response.body);
    else showError((await response.json()).error);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    for (const part of [answer, measures, citations]) part.replaceChildren();
    answered.hidden = false;
    answered.setAttribute("aria-busy", "true");
    send.disabled = true;
    status.textContent = "Looking for passages…";
    try {
      await ask();
    } catch {
      showError({ message: "The connection to the service broke", remedy: "See whether it runs, then ask again." });
    } finally {
      answered.removeAttribute("aria-busy");
      send.disabled = false;
    }
  });

  // A link to a citation opens it.
  const open = () => {
    const box = document.querySelector(":target > details");
    if (box) box.open = true;
  };
  addEventListener("hashchange", open);
  answer.addEventListener("click", () => setTimeout(open));
  open();
})();
