// Search, filters, the dialog that shows where a figure comes from, and the switch of languages.
// The page is whole without them: every figure is a link to its entry in the list of figures.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
  const words = JSON.parse(byId("words").textContent);
  const language = document.documentElement.lang;
  const FIGURE = "#figure-";

  // Search and filters

  const form = byId("find"), input = byId("search"), found = byId("found");
  const filters = { indicator: byId("filter-indicator"), population: byId("filter-population") };
  const sections = [...document.querySelectorAll("main > section")];
  const blocks = [...document.querySelectorAll("main .block")];
  let items = null;

  const index = () => [...document.querySelectorAll("[data-item]")].map((element) => ({
    element,
    kind: element.dataset.item,
    text: plain(element.textContent),
    indicator: (element.dataset.indicator ?? "").split(" "),
    population: (element.dataset.population ?? "").split(" "),
  }));

  const wanted = () => ({
    words: plain(input.value).split(/\s+/).filter(Boolean),
    filters: Object.entries(filters).filter(([, select]) => select.value),
  });

  const fits = (item, { words: terms, filters: chosen }) =>
    chosen.every(([name, select]) => item[name].includes(select.value)) &&
    terms.every((term) => item.text.includes(term));

  function find() {
    items ??= index();
    const asked = wanted();
    const isAsked = asked.words.length + asked.filters.length > 0;
    const counts = new Map();
    for (const item of items) {
      const isFound = !isAsked || fits(item, asked);
      item.element.hidden = !isFound;
      if (isFound && item.kind !== "row") counts.set(item.kind, (counts.get(item.kind) ?? 0) + 1);
    }
    for (const part of [...blocks, ...sections]) {
      part.hidden = isAsked && !part.querySelector("[data-item]:not([hidden])");
      if (part.matches("details")) part.open = isAsked && !part.hidden;
    }
    byId("none").hidden = counts.size > 0 || sections.some((section) => !section.hidden);
    found.textContent = isAsked ? told(counts) : "";
  }

  function told(counts) {
    const number = new Intl.NumberFormat(language);
    const parts = ["mission", "series", "finding", "country", "figure", "source"]
      .map((kind) => [counts.get(kind) ?? 0, words[kind].split("|")])
      .filter(([count]) => count > 0)
      .map(([count, [one, many]]) => `${number.format(count)} ${count === 1 ? one : many}`);
    return words.found.replace("{counts}", parts.join(", ") || "0");
  }

  function clear() {
    input.value = "";
    for (const select of Object.values(filters)) select.value = "";
    find();
  }

  // A link leads to its target even if a search had hidden it.
  function reveal(target) {
    if (target?.closest("[hidden]")) clear();
    const folded = target?.closest("details");
    if (folded) folded.open = true;
  }

  let waiting = 0;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(find, 100); };
  form.hidden = false;
  form.addEventListener("submit", (event) => { event.preventDefault(); find(); });
  input.addEventListener("input", soon);
  for (const select of Object.values(filters)) select.addEventListener("change", find);
  byId("clear").addEventListener("click", () => { clear(); input.focus(); });
  input.addEventListener("keydown", (event) => { if (event.key === "Escape") clear(); });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, select, textarea, dialog");
    if (event.key === "/" && !isTyping) { event.preventDefault(); input.focus(); }
  });

  // A figure and its source

  const dialog = byId("dialog"), body = byId("dialog-body"), permalink = byId("permalink");

  const copied = (element, heading) => {
    const title = document.createElement("h3");
    title.textContent = heading.firstChild.textContent.trim();
    return [title, element.querySelector("dl").cloneNode(true)];
  };

  function show(hash) {
    const entry = byId(decodeURIComponent(hash.slice(1)));
    if (!entry?.matches(".entry")) return false;
    const source = byId(entry.closest(".block").querySelector('h3 a')?.hash.slice(1));
    const parts = copied(entry, entry.querySelector("h4"));
    if (source) parts.push(...copied(source, source.querySelector("h3")));
    body.replaceChildren(...parts);
    permalink.href = hash;
    history.replaceState(null, "", hash);
    keepPlace();
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    return true;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.(`a[href^="${FIGURE}"]`);
    const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    if (!link || !isPlain || link.matches("#permalink, .permalink")) return;
    if (show(link.hash)) event.preventDefault();
  });
  byId("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();  // the ground around it
    if (event.target.closest("a[href^='#']")) dialog.close();
  });
  permalink.addEventListener("click", (event) => {
    event.preventDefault();
    goTo(permalink.hash);
  });

  // Anchors

  function goTo(hash) {
    const target = hash && byId(decodeURIComponent(hash.slice(1)));
    if (!target) return;
    reveal(target);
    if (location.hash !== hash) location.hash = hash;
    target.scrollIntoView();
    if (!target.hasAttribute("tabindex")) target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: true });
  }

  const other = byId("language");
  const keepPlace = () => { other.hash = location.hash; };
  window.addEventListener("hashchange", () => {
    keepPlace();
    reveal(byId(decodeURIComponent(location.hash.slice(1))));
  });
  keepPlace();

  // Paper shows what is folded on the screen.

  const folded = () => [...document.querySelectorAll("details.breaks:not([open])")];
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = folded();
    for (const details of opened) details.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });

  input.value = new URLSearchParams(location.search).get("q") ?? "";
  if (input.value) find();

  // What the charts have in common stands on the page once.

  const shared = JSON.parse(byId("charts").textContent);
  for (const script of document.querySelectorAll('script[id^="chart-"]')) {
    script.textContent = JSON.stringify({ ...shared, ...JSON.parse(script.textContent) });
  }
  if (typeof drawCharts === "function") drawCharts(document);  // else there are none
})();
