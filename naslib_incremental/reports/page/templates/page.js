"use strict";
// Comfort only: everything on the page can be read without this script.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

  // Tables: a click on a heading sorts, a third one gives the first order back.
  const value = (row, index) => row.cells[index].querySelector("b").textContent.trim();
  const number = (text) => parseFloat(text.replace(/[,\s]/g, ""));
  const compare = (numeric, sign) => (one, other) => {
    if (!numeric) return sign * one.localeCompare(other, "en", { numeric: true });
    const [a, b] = [number(one), number(other)];
    return Number.isNaN(a) - Number.isNaN(b) || sign * (a - b) || 0;
  };
  const sort = (table, head) => {
    const index = head.cellIndex;
    const numeric = head.classList.contains("number");
    const orders = numeric ? ["descending", "ascending"] : ["ascending", "descending"];
    const order = orders[orders.indexOf(head.getAttribute("aria-sort")) + 1];
    all("th", table).forEach((other) => other.removeAttribute("aria-sort"));
    if (order) head.setAttribute("aria-sort", order);
    const better = compare(numeric, order === "ascending" ? 1 : -1);
    for (const body of table.tBodies) {
      const rows = [...body.rows].sort((a, b) => a.dataset.place - b.dataset.place);
      if (order) rows.sort((a, b) => better(value(a, index), value(b, index)));
      body.append(...rows);
    }
  };
  for (const table of all("table.sortable")) {
    all("tbody tr", table).forEach((row, place) => { row.dataset.place = place; });
    for (const head of all("thead th", table)) {
      const button = make("button", { type: "button", title: "Sort by this column" });
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, head));
      head.append(button);
    }
  }

  // LaTeX: to the clipboard, or selected where the browser refuses.
  const copy = async (details, said) => {
    const source = details.querySelector("pre");
    try {
      await navigator.clipboard.writeText(source.textContent);
      said.textContent = "Copied.";
    } catch {
      details.open = true;
      getSelection().selectAllChildren(source);
      said.textContent = "Selected; copy with Ctrl+C.";
    }
  };
  for (const details of all("details.latex")) {
    const button = make("button", { type: "button", className: "copy", textContent: "Copy as LaTeX" });
    const said = make("span", { className: "said", role: "status" });
    button.addEventListener("click", () => copy(details, said));
    details.before(button, said);
  }

  // Figures: a panel opens over the whole window, where it can be made larger still.
  const dialog = document.getElementById("zoom");
  const stage = dialog.querySelector(".stage");
  let panel = null;
  let scale = 1;
  const show = (wanted) => {
    scale = Math.min(16, Math.max(1, wanted));
    const picture = stage.firstElementChild;
    const { width, height } = picture.viewBox.baseVal;
    const fit = Math.min(stage.clientWidth, (stage.clientHeight * width) / height);
    picture.style.width = `${Math.floor(fit * scale)}px`;
  };
  const open = (from) => {
    panel = from;
    panel.style.minHeight = `${panel.offsetHeight}px`;
    dialog.querySelector(".title").textContent = panel.firstElementChild.getAttribute("aria-label");
    stage.append(panel.firstElementChild);
    dialog.showModal();
    show(1);
  };
  const steps = { "+": () => show(scale * 1.5), "-": () => show(scale / 1.5), 0: () => show(1) };
  dialog.addEventListener("close", () => {
    stage.firstElementChild.style.width = "";
    panel.append(stage.firstElementChild);
    panel.style.minHeight = "";
    panel.focus();
  });
  dialog.addEventListener("keydown", (event) => steps[event.key === "=" ? "+" : event.key]?.());
  dialog.addEventListener("click", (event) => {
    const { step } = event.target.dataset;
    if (step) steps[step]();
    else if (event.target.matches(".close, .stage")) dialog.close();
  });
  addEventListener("resize", () => dialog.open && show(scale));
  for (const one of all(".panel")) {
    one.tabIndex = 0;
    one.setAttribute("role", "button");
    one.setAttribute("aria-label", `Enlarge: ${one.firstElementChild.getAttribute("aria-label")}`);
    one.addEventListener("click", () => open(one));
    one.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      open(one);
    });
  }
})();
