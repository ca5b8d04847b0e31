// Alt and an arrow press the button that moves the item with focus; the page comes back with the focus on it.
// Without this file the buttons do the same.

const list = document.querySelector("[data-points]");
const KEPT = "agenda-point";

list?.addEventListener("keydown", (event) => {
  const way = event.altKey && { ArrowUp: "[data-up]", ArrowDown: "[data-down]" }[event.key];
  const item = way && event.target.closest("li");
  if (!item) return;
  event.preventDefault();
  const button = item.querySelector(way);
  if (button && !button.disabled) { sessionStorage.setItem(KEPT, item.id); button.click(); }
});

const kept = sessionStorage.getItem(KEPT);
if (kept) {
  sessionStorage.removeItem(KEPT);
  document.getElementById(kept)?.querySelector("h3 a")?.focus();
}
