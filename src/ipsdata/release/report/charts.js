// Draws the charts of the page with Vega: each `<div class="chart" data-chart="ID">` from the
// Vega-Lite specification in the script element with that id. Nothing here needs `eval` or inline
// styles, so a strict Content-Security-Policy holds: expressions are interpreted (`ast`), and styles
// are set through the CSS object model.
"use strict";

const CHART_TIP_STYLE = {
  position: "absolute",
  zIndex: "1",
  maxWidth: "min(22rem, 100%)",
  padding: "0.3rem 0.5rem",
  border: "1px solid #595959",
  background: "#fff",
  color: "#1a1a1a",
  fontSize: "0.85rem",
};

const CHART_NUMBER_GAP = 4; // pixels

function drawCharts(root) {
  const boxes = [...root.querySelectorAll("div.chart[data-chart]")];
  return Promise.all(boxes.map(drawChart));
}

async function drawChart(box) {
  const spec = JSON.parse(document.getElementById(box.dataset.chart).textContent);
  const tip = chartTip(box);
  const { view } = await vegaEmbed(box, spec, {
    mode: "vega-lite",
    renderer: "svg",
    actions: false,
    ast: true,
    defaultStyle: false,
    tooltip: (_handler, event, item, label) => label && showTip(tip, box, event, item, label),
  });
  box.append(tip);
  view.addEventListener("click", (_event, item) => item?.datum?.key && followTip(tip, item));
  nameChart(box, spec.description);
  fitChart(view);
}

// One image with a name, not a tree of marks: what it shows stands on the page as text, with the same
// links.
function nameChart(box, name) {
  for (const attribute of ["role", "aria-roledescription", "aria-label"]) {
    box.removeAttribute(attribute);
  }
  const image = box.querySelector("svg");
  image.setAttribute("role", "img");
  image.setAttribute("aria-label", name);
  image.firstElementChild.setAttribute("aria-hidden", "true");
  // Also on paper, where the width differs and no script runs.
  Object.assign(image.style, { display: "block", maxWidth: "100%", height: "auto" });
}

// Vega looks at the window's size only; a chart may also be shown, or its column change.
function fitChart(view) {
  const box = view.container();
  new ResizeObserver(async ([{ contentRect }]) => {
    const width = Math.floor(contentRect.width);
    if (width > 0 && width !== view.width()) await view.width(width).runAsync();
    thinNumbers(box);
  }).observe(box);
}

// Where the numbers of breaks would overlap, the first one stands.
function thinNumbers(box) {
  let end = -Infinity;
  for (const number of box.querySelectorAll(".mark-text.role-mark text")) {
    const { left, right } = number.getBoundingClientRect();
    const isFree = left >= end;
    number.style.visibility = isFree ? "visible" : "hidden";
    if (isFree && number.textContent) end = right + CHART_NUMBER_GAP;
  }
}

// A tip stays until the pointer leaves the chart or Escape is pressed, so that it can be read and
// clicked (WCAG 2.2, 1.4.13). It is a link, but not a tab stop: the page lists the same links.
function chartTip(box) {
  const tip = document.createElement("a");
  const hide = () => { tip.hidden = true; };
  tip.className = "chart-tip screen";
  tip.tabIndex = -1;
  Object.assign(tip.style, CHART_TIP_STYLE);
  box.style.position = "relative";
  box.addEventListener("pointerleave", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  tip.addEventListener("click", hide);
  hide();
  return tip;
}

function showTip(tip, box, event, item, label) {
  aimTip(tip, item);
  tip.textContent = label;
  tip.hidden = false;
  const frame = box.getBoundingClientRect();
  const left = event.clientX - frame.left - tip.offsetWidth / 2;
  tip.style.left = `${Math.max(0, Math.min(left, frame.width - tip.offsetWidth))}px`;
  tip.style.bottom = `${frame.bottom - event.clientY + 12}px`;
}

function aimTip(tip, item) {
  if (item.datum.key) tip.href = `#${encodeURIComponent(item.datum.key)}`;
  else tip.removeAttribute("href");
}

// Through the link, so that the page hears of it as of any other.
function followTip(tip, item) {
  aimTip(tip, item);
  tip.click();
}
