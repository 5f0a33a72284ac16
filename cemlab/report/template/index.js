"use strict";
const box = document.getElementById("filter");
const found = document.getElementById("found");
box.addEventListener("input", () => {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of document.querySelectorAll("[data-words]")) {
    row.hidden = !words.every((word) => row.dataset.words.includes(word));
    if (!row.hidden && row.tagName === "TR") shown += 1;
  }
  for (const section of document.querySelectorAll("main section")) {
    section.hidden = !section.querySelector("[data-words]:not([hidden])");
  }
  found.textContent = words.length ? shown + (shown === 1 ? " report" : " reports") : "";
});
