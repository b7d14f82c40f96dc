"use strict";

// Tables with class "sortable" are sorted by the heading that is pressed.
for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    heading.querySelector("button")?.addEventListener("click", () => {
      const ascending = heading.getAttribute("aria-sort") !== "ascending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      const key = (row) => row.cells[column].dataset.value;
      const numeric = [...table.tBodies[0].rows].every((row) => key(row) !== "" && !isNaN(key(row)));
      const compare = (a, b) =>
        numeric ? key(a) - key(b) : key(a).localeCompare(key(b), undefined, { numeric: true });
      const rows = [...table.tBodies[0].rows].sort((a, b) => (ascending ? 1 : -1) * compare(a, b));
      table.tBodies[0].append(...rows);
    });
  });
}

// A cell of the confusion matrix, or its number in the list, shows its images.
const { images, cells, names } = JSON.parse(document.getElementById("images").textContent);
const panel = document.querySelector(".cell");

function figureOf({ url, name }) {
  const figure = document.createElement("figure");
  if (url) {
    const image = document.createElement("img");
    image.src = url;
    image.alt = name;
    figure.append(image);
  }
  const caption = document.createElement("figcaption");
  caption.textContent = name;
  figure.append(caption);
  return figure;
}

function show(key) {
  for (const button of document.querySelectorAll("[data-cell]"))
    button.setAttribute("aria-pressed", button.dataset.cell === key);
  const [truth, given] = key.split("-").map(Number);
  const { count, shown } = cells[key];
  const text = `${count} of ${names[truth]}, ${truth === given ? "classified correctly" : `predicted as ${names[given]}`}`;
  const heading = document.createElement("h3");
  heading.textContent = shown.length < count ? `${text}; ${shown.length} of them` : text;
  const gallery = document.createElement("div");
  gallery.className = "gallery";
  gallery.append(...shown.map((index) => figureOf(images[index])));
  panel.replaceChildren(heading, gallery);
  panel.scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-cell]");
  if (button) show(button.dataset.cell);
});

// Tab stops at one cell of the matrix. The arrow keys go on from there: left and right through all
// cells in turn, up and down to the nearest one of the next row that has any.
const matrix = document.querySelector(".matrix");
const buttons = [...matrix.querySelectorAll("button")];
let stop = buttons[0];
buttons.forEach((button) => (button.tabIndex = button === stop ? 0 : -1));

function nearestInRow(button, step) {
  const column = button.parentElement.cellIndex;
  const distance = (other) => Math.abs(other.parentElement.cellIndex - column);
  for (let row = button.closest("tr"); (row = row[step]); ) {
    const found = [...row.querySelectorAll("button")];
    if (found.length) return found.reduce((a, b) => (distance(b) < distance(a) ? b : a));
  }
}

const moves = {
  ArrowRight: (button) => buttons[buttons.indexOf(button) + 1],
  ArrowLeft: (button) => buttons[buttons.indexOf(button) - 1],
  ArrowDown: (button) => nearestInRow(button, "nextElementSibling"),
  ArrowUp: (button) => nearestInRow(button, "previousElementSibling"),
};
matrix.addEventListener("keydown", (event) => {
  const button = event.target.closest("button");
  if (!button || !(event.key in moves)) return;
  event.preventDefault();
  moves[event.key](button)?.focus();
});

// The cell under the pointer or the focus: its names, in full, and its headings stand out.
const named = document.querySelector(".named");
function point(event) {
  const button = event.target.closest("button");
  if (!button) return;
  const cell = button.parentElement;
  matrix.querySelectorAll(".here").forEach((heading) => heading.classList.remove("here"));
  for (const heading of [cell.parentElement.cells[0], matrix.querySelector("tr").cells[cell.cellIndex]])
    heading.classList.add("here");
  if (named) named.textContent = button.getAttribute("aria-label");
  if (event.type !== "focusin") return;
  stop.tabIndex = -1;
  stop = button;
  stop.tabIndex = 0;
}
matrix.addEventListener("focusin", point);
matrix.addEventListener("pointerover", point);

const zoom = document.getElementById("zoom");
zoom?.addEventListener("input", () => matrix.style.setProperty("--cell", `${zoom.value}px`));
