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

// A cell of the confusion matrix shows its images; the arrow keys go from cell to cell.
const matrix = document.querySelector(".matrix table");
if (matrix) {
  const { images, cells, names } = JSON.parse(document.getElementById("images").textContent);
  const panel = document.querySelector(".cell");
  const show = (button) => {
    matrix.querySelectorAll("[aria-pressed=true]").forEach((b) => b.setAttribute("aria-pressed", false));
    button.setAttribute("aria-pressed", true);
    const [truth, given] = button.dataset.cell.split("-").map(Number);
    const { count, shown } = cells[button.dataset.cell];
    const text = truth === given
      ? `${count} of ${names[truth]}, rightly so called`
      : `${count} of ${names[truth]}, called ${names[given]}`;
    const heading = document.createElement("h3");
    heading.textContent = shown.length < count ? `${text}; ${shown.length} of them` : text;
    const gallery = document.createElement("div");
    gallery.className = "gallery";
    for (const index of shown) {
      const { url, name } = images[index];
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
      gallery.append(figure);
    }
    panel.replaceChildren(heading, gallery);
  };
  const move = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
  matrix.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) show(button);
  });
  matrix.addEventListener("keydown", (event) => {
    const step = move[event.key];
    const cell = event.target.closest("td");
    if (!step || !cell) return;
    event.preventDefault();
    let row = cell.parentElement.rowIndex, column = cell.cellIndex;
    for (;;) {
      row += step[0];
      column += step[1];
      const next = matrix.rows[row]?.cells[column];
      if (!next || row < 1 || column < 1) return;
      const button = next.querySelector("button");
      if (button) {
        button.focus();
        return;
      }
    }
  });
}
