// The table of every layer: sorted by its titles, filtered by its choices, and both told by the address, so that
// #sort=noise,descending&arithmetic=f16 is a link to a sorted and filtered table.
(() => {
  "use strict";
  const table = document.getElementById("layer-table");
  const filters = document.getElementById("layer-filters");
  const count = document.getElementById("layer-count");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const titles = Array.from(table.querySelectorAll("th[data-key]"));
  let sorted = null;

  // What a cell is sorted by; NaN where it has no number.
  const value = (row, column) => {
    const text = row.cells[column].dataset.value;
    return text === undefined ? NaN : Number(text);
  };

  const sort = (title, direction) => {
    const column = titles.indexOf(title);
    const sign = direction === "descending" ? -1 : 1;
    const keyed = rows.map((row, place) => ({ row, place, key: value(row, column) }));
    keyed.sort((one, other) => {
      // Cells without a number come last, whatever the direction; equals stay in the record's order.
      if (Number.isNaN(one.key) || Number.isNaN(other.key)) {
        return Number.isNaN(one.key) - Number.isNaN(other.key) || one.place - other.place;
      }
      if (one.key === other.key) return one.place - other.place;
      return one.key < other.key ? -sign : sign;
    });
    body.append(...keyed.map((entry) => entry.row));
    titles.forEach((each) => each.removeAttribute("aria-sort"));
    title.setAttribute("aria-sort", direction);
    sorted = { key: title.dataset.key, direction };
  };

  const unsort = () => {
    body.append(...rows);
    titles.forEach((each) => each.removeAttribute("aria-sort"));
    sorted = null;
  };

  const choices = () => Array.from(filters.querySelectorAll("select"));

  const filter = () => {
    const wanted = choices().filter((choice) => choice.value !== "");
    let shown = 0;
    for (const row of rows) {
      row.hidden = !wanted.every((choice) => row.dataset[choice.name] === choice.value);
      if (!row.hidden) shown += 1;
    }
    count.textContent = `${shown} of ${rows.length} rows`;
  };

  // The address tells what is shown; where the browser forbids that, nothing is lost but the link.
  const tell = () => {
    const parts = new URLSearchParams();
    if (sorted) parts.set("sort", `${sorted.key},${sorted.direction}`);
    choices().filter((choice) => choice.value !== "").forEach((choice) => parts.set(choice.name, choice.value));
    const text = parts.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
    try {
      history.replaceState(null, "", text ? `#${text}` : "#layers");
    } catch {
      // A page opened in a sandbox.
    }
  };

  const heed = () => {
    const parts = new URLSearchParams(location.hash.slice(1));
    const [key, direction] = (parts.get("sort") || "").split(",");
    const title = titles.find((each) => each.dataset.key === key);
    const known = choices().filter((choice) => parts.has(choice.name));
    if (!title && known.length === 0) return;
    if (title) sort(title, ["ascending", "descending"].includes(direction) ? direction : title.dataset.first);
    for (const choice of known) {
      const options = Array.from(choice.options, (option) => option.value);
      choice.value = options.includes(parts.get(choice.name)) ? parts.get(choice.name) : "";
    }
    filter();
    document.getElementById("layers").scrollIntoView();
  };

  titles.forEach((title) => {
    title.querySelector("button").addEventListener("click", () => {
      const opposite = { ascending: "descending", descending: "ascending" };
      sort(title, opposite[title.getAttribute("aria-sort")] || title.dataset.first);
      tell();
    });
  });
  filters.addEventListener("change", () => {
    filter();
    tell();
  });
  filters.addEventListener("submit", (event) => event.preventDefault());
  filters.addEventListener("reset", () => {
    // The choices are empty only after this event.
    setTimeout(() => {
      unsort();
      filter();
      tell();
    }, 0);
  });
  addEventListener("hashchange", heed);

  filters.hidden = false;
  filter();
  heed();
})();
