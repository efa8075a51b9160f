// The record that the page carries, saved as a file.
(() => {
  "use strict";
  const stored = document.getElementById("record-json");
  const button = document.getElementById("save-record");
  if (!stored || !button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([stored.textContent], { type: "application/json" }));
    link.download = button.dataset.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
})();
