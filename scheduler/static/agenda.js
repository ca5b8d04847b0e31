// Alt and an arrow press the button that moves the item with focus. The answer leads to the item's own anchor, which
// takes the focus again. Without this file the buttons do the same.

document.querySelector("[data-points]")?.addEventListener("keydown", (event) => {
  const way = event.altKey && { ArrowUp: "[data-up]", ArrowDown: "[data-down]" }[event.key];
  const button = way && event.target.closest("li")?.querySelector(way);
  if (!button) return;
  event.preventDefault();
  if (!button.disabled) button.click();
});
