// The numbers behind a figure: shown where the pointer is, or walked through with the arrow keys.
(() => {
  "use strict";
  const tip = document.getElementById("tip");
  let shown = null;
  // Where the pointer is; none where the keys led to the spot.
  let pointer = null;

  const hide = () => {
    tip.hidden = true;
    if (shown) shown.classList.remove("shown");
    shown = null;
  };

  const show = (spot, x) => {
    pointer = x;
    if (spot === shown) return move();
    hide();
    shown = spot;
    spot.classList.add("shown");
    tip.textContent = spot.dataset.tip;
    tip.hidden = false;
    move();
  };

  // Puts the text beside its spot, and within the window.
  const move = () => {
    if (!shown) return;
    const place = shown.getBoundingClientRect();
    const size = tip.getBoundingClientRect();
    const room = document.documentElement;
    const [before, after] = pointer === null ? [place.left, place.right] : [pointer - 8, pointer + 8];
    let left = after + 8;
    if (left + size.width > room.clientWidth - 4) left = before - size.width - 8;
    let top = place.top + place.height / 2 - size.height / 2;
    left = Math.max(4, Math.min(left, room.clientWidth - size.width - 4));
    top = Math.max(4, Math.min(top, room.clientHeight - size.height - 4));
    tip.style.left = `${left}px`;
    tip.style.top = `${top}px`;
  };

  for (const figure of document.querySelectorAll("figure")) {
    const spots = Array.from(figure.querySelectorAll(".spot"));
    if (spots.length === 0) continue;
    // The browser's own tooltip, which serves where no script runs, would stand over ours.
    for (const spot of spots) {
      const title = spot.querySelector("title");
      spot.dataset.tip = title.textContent;
      title.remove();
    }
    // Spots of a row follow each other; rows are curves or strips, in the order of the arithmetics.
    const rows = new Map();
    for (const spot of spots) {
      const row = Number(spot.dataset.row);
      if (!rows.has(row)) rows.set(row, []);
      rows.get(row).push(spot);
    }
    const lists = Array.from(rows.entries()).sort((one, other) => one[0] - other[0]).map((entry) => entry[1]);
    let [row, place] = [0, 0];

    const step = (event) => {
      const moves = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
      if (event.key === "Escape") return hide();
      const by = moves[event.key];
      if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      if (shown && figure.contains(shown)) {
        row = Math.max(0, Math.min(row + by[0], lists.length - 1));
        place = Math.max(0, Math.min(place + by[1], lists[row].length - 1));
      }
      place = Math.min(place, lists[row].length - 1);
      lists[row][place].scrollIntoView({ block: "nearest", inline: "nearest" });
      show(lists[row][place], null);
    };

    figure.addEventListener("keydown", step);
    figure.addEventListener("blur", hide);
    figure.addEventListener("pointerleave", hide);
    figure.addEventListener("pointermove", (event) => {
      const spot = event.target.closest(".spot");
      if (!spot) return hide();
      row = lists.findIndex((list) => list.includes(spot));
      place = lists[row].indexOf(spot);
      show(spot, event.clientX);
    });
  }
  // Captured, because figures scroll in themselves, too.
  addEventListener("scroll", move, { capture: true, passive: true });
})();
