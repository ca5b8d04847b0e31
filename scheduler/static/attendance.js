// The attendance list by keyboard. Letters act only while focus is inside the list, and each has a radio to press:
// N, D, E, A, F mark and go to the next unmarked row, arrows go up and down, Z takes the last mark back.
// Sending is htmx's work: a row is sent when something in it changes.

const list = document.querySelector("[data-roll]");
const rows = () => [...list.querySelectorAll("tr[data-key]")].filter((row) => row.checkVisibility());
const checked = (row) => row.querySelector(".att :checked");
const stop = (row) => checked(row) ?? row.querySelector(".att input") ?? row.querySelector("select, a");
const rowOf = (target) => target.closest?.("tr[data-key]");
const changed = (row) => row.querySelector("[type=hidden]").dispatchEvent(new Event("change", { bubbles: true }));
const undo = list.querySelector("[data-undo]");
const done = []; // [key, mark before, substitute before]
let before = new Map();
let tabbed = false;
let opening = "";

const remember = () => {
  for (const row of list.querySelectorAll("tr[data-key]")) before.set(row.dataset.key, [checked(row)?.value ?? "", row.querySelector("select")?.value ?? ""]);
};

const next = (row) => {
  const all = rows();
  const here = all.indexOf(row);
  const free = [...all.slice(here + 1), ...all.slice(0, here)].find((one) => one.querySelector(".att") && !checked(one));
  (free ? stop(free) : stop(row))?.focus();
};

const takeBack = () => {
  const last = done.pop();
  if (!last) return;
  const [key, mark, substitute] = last;
  const row = list.querySelector(`tr[data-key="${key}"]`);
  for (const radio of row.querySelectorAll(".att input")) radio.checked = radio.value === mark;
  if (substitute && !row.querySelector("select")) {
    row.cells[1].append(Object.assign(document.createElement("input"), { type: "hidden", name: `sub-${key}`, value: substitute }));
  }
  before.set(key, [mark, substitute]);
  changed(row);
  undo.hidden = done.length === 0;
  row.querySelector(".att input")?.focus();
};

list.addEventListener("change", ({ target }) => {
  const row = rowOf(target);
  if (!row || target.type === "hidden") return;
  done.push([row.dataset.key, ...before.get(row.dataset.key)]);
  undo.hidden = false;
  before.set(row.dataset.key, [checked(row)?.value ?? "", row.querySelector("select")?.value ?? ""]);
});

list.addEventListener("keydown", (event) => {
  const row = rowOf(event.target);
  tabbed = event.key === "Tab";
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("select")) {
    if (event.key === "Enter") { event.preventDefault(); next(row); }
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const letter = event.key.toUpperCase();
  if (step) {
    const all = rows().filter((one) => stop(one));
    stop(all[all.indexOf(row) + step] ?? row).focus();
  } else if (letter === "Z") takeBack();
  else {
    const radio = row.querySelector(`[data-letter="${letter}"]`);
    if (!radio) return;
    const same = radio.checked;
    radio.checked = true;
    if (!same || !row.querySelector("select")) radio.dispatchEvent(new Event("change", { bubbles: true }));
    if (letter === "E") { radio.focus(); opening = row.dataset.key; } else next(row);
  }
  event.preventDefault();
});

document.addEventListener("keydown", ({ key }) => { tabbed = key === "Tab"; }, true);
// Tab comes in at the first row that is still unmarked.
list.addEventListener("focusin", ({ target, relatedTarget: from }) => {
  if (!tabbed || (from && list.contains(from)) || (from && !(from.compareDocumentPosition(list) & 4))) return;
  tabbed = false;
  const free = rows().find((row) => row.querySelector(".att") && !checked(row));
  if (rowOf(target) && free) stop(free).focus();
});

undo.addEventListener("click", takeBack);
document.addEventListener("htmx:after:swap", () => {
  const choice = opening ? list.querySelector(`tr[data-key="${opening}"] select`) : null;
  if (choice) { choice.focus(); opening = ""; }
  for (const one of rows()) if (!before.has(one.dataset.key)) before.set(one.dataset.key, ["", ""]);
});
remember();
