"use strict";
// Without this script every case is shown; it only hides what was not asked for.
(() => {
  const form = document.getElementById("filters");
  if (!form) return;
  const cases = [...document.querySelectorAll("article.case")];
  const count = document.getElementById("shown");
  const wanted = (name) => form.elements[name].value;
  const apply = () => {
    const moved = wanted("moved"), kind = wanted("kind"), metric = wanted("metric");
    let shown = 0;
    for (const one of cases) {
      const fits = (!moved || one.dataset.moved === moved)
        && (!kind || one.dataset.kind === kind)
        && (!metric || one.dataset.metrics.split(" ").includes(metric));
      one.hidden = !fits;
      shown += fits;
    }
    count.textContent = shown + " of " + cases.length + " shown";
  };
  const open = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    const box = target && target.closest("details");
    if (box) { box.open = true; target.scrollIntoView({ block: "nearest" }); }
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  addEventListener("hashchange", open);
  apply();
  open();
})();
