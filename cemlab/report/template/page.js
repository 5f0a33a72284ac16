"use strict";
// Tables can be sorted by the reader and fold after their first rows; without this script they are whole.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0], most = Number(table.dataset.fold), rows = [...body.rows];
  const fold = () => [...body.rows].forEach((row, i) => row.classList.toggle("beyond", !table.dataset.open && i >= most));
  if (rows.length > most) {
    const more = document.createElement("button");
    more.type = "button"; more.className = "more"; more.textContent = `Show all ${rows.length} rows`;
    more.addEventListener("click", () => { table.dataset.open = "yes"; fold(); more.remove(); });
    table.parentElement.after(more);
    fold();
  }
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button"; button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.sort;
      const numeric = rows.every((row) => key(row) === "" || !Number.isNaN(Number(key(row))));
      const compare = (a, b) => {
        if (key(a) === "" || key(b) === "") return (key(a) === "") - (key(b) === "");
        const order = numeric ? Number(key(a)) - Number(key(b)) : key(a).localeCompare(key(b));
        return down ? -order : order;
      };
      body.append(...[...rows].sort(compare));
      fold();
    });
  });
}
// Folds open on paper.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((fold) => { fold.open = true; }));
