// The plan board by keyboard and by pointer. Letters act only while a mark has focus, and each has a button to press.
// Each forum is one tab stop: arrows go between its meetings, with Shift (or after Enter, which lifts) a week on.
// The server does what is asked and sends the board anew; without this file marks are links and forms are forms.

const plan = () => document.getElementById("plan");
const data = () => plan().dataset;
const stops = (row) => [...row.querySelectorAll("a.pm")];
const idOf = (link) => link.id.slice(1);
const weekOf = (link) => Number(link.parentElement.className.slice(1));
const isMark = (link) => !link.classList.contains("more");
const isFixed = (link) => !isMark(link) || link.dataset.s.startsWith("done");
const say = (text) => { document.getElementById("said").textContent = text; };

let lifted = null; // [mark, the week it lay in]
let wanted = ""; // the mark that has focus again when the board has come anew
let work = Promise.resolve();

// One stop for each forum: the mark that had focus last, else the chosen one, else the first.
const rove = (row, stop) => {
  for (const one of stops(row)) one.tabIndex = one === stop ? 0 : -1;
};
const setUp = () => {
  if (!plan()) { location.reload(); return; } // signed out meanwhile, or the draft is gone
  for (const row of document.querySelectorAll(".brow")) {
    const all = stops(row);
    rove(row, all.find((one) => one === document.activeElement) ?? all.find((one) => one.ariaCurrent) ?? all[0]);
  }
  const link = wanted && document.getElementById(wanted);
  if (link && link !== document.activeElement) link.focus();
  wanted = "";
};

const address = (path, query = "") => `${data().base}${path}?${[query, data().asked].filter(Boolean).join("&")}`;
// One after the other: each says which version of the board it has seen.
const send = (path, values = {}, focus = "") => {
  work = work.then(() => {
    wanted = focus;
    const { token, version } = data();
    return htmx.ajax("POST", address(path), { target: "#plan", swap: "outerMorph", values: { csrf_token: token, version, ...values } });
  }).catch(() => location.reload());
};
const act = (link, what, values) => send(`/meetings/${idOf(link)}/${what}`, values, link.id);

const inspect = async (link) => {
  for (const one of document.querySelectorAll(".pm[aria-current]")) one.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  history.replaceState(history.state, "", link.getAttribute("href").split("#")[0]);
  await htmx.ajax("GET", address("", `meeting=${idOf(link)}&part=inspect`), { target: "#inspect", swap: "outerMorph" });
};

const put = (link, week) => {
  link.parentElement.className = `w${Math.min(53, Math.max(1, week))}`;
};
const drop = (keep) => {
  const [link, from] = lifted;
  const week = weekOf(link);
  lifted = null;
  link.removeAttribute("data-up");
  if (keep && week !== from) act(link, "move", { week });
  else { put(link, from); say(keep ? "" : document.querySelector(".board").dataset.back); }
};
const lift = (link) => {
  lifted = [link, weekOf(link)];
  link.dataset.up = "";
  say(document.querySelector(".board").dataset.lifted);
};

document.addEventListener("keydown", (event) => {
  const link = event.target.closest?.(".board a.pm");
  if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step && lifted) {
    put(link, weekOf(link) + step);
    say(document.querySelector(".board").dataset.week.replace("{n}", weekOf(link)));
  } else if (step && event.shiftKey) {
    if (!isFixed(link)) act(link, "move", { week: weekOf(link) + step });
  } else if (step) {
    const all = stops(link.closest(".brow"));
    all[all.indexOf(link) + step]?.focus();
  } else if (event.key === "Enter" && isMark(link)) {
    if (lifted) drop(true);
    else { inspect(link); if (!isFixed(link)) lift(link); }
  } else if (event.key === "Escape" && lifted) drop(false);
  else if (event.key.toUpperCase() === "Z") send("/undo", {}, link.id);
  else if (event.key.toUpperCase() === "L" && !isFixed(link)) act(link, /lock/.test(link.dataset.s) ? "unlock" : "lock");
  else if (event.key.toUpperCase() === "G" && !isFixed(link)) act(link, "accept");
  else return;
  event.preventDefault();
});

document.addEventListener("focusin", ({ target }) => {
  if (lifted && target !== lifted[0]) drop(false);
  const row = target.closest?.(".brow");
  if (row && target.matches("a.pm")) rove(row, target);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest(".board a.pm");
  if (!link || !isMark(link) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (lifted) drop(false);
  inspect(link).then(() => {
    // On a phone the meeting is told below the board.
    if (matchMedia("(max-width: 68rem)").matches) document.getElementById("h-sel").focus();
  });
});

// Along its row a mark is drawn to another week; a finger scrolls, and has the select of weeks.
document.addEventListener("pointerdown", (event) => {
  const link = event.target.closest(".board a.pm");
  if (!link || isFixed(link) || event.button !== 0 || event.pointerType === "touch") return;
  const from = weekOf(link);
  const track = link.closest(".track");
  let moved = false;
  const move = ({ clientX }) => {
    if (!moved && Math.abs(clientX - event.clientX) < 6) return;
    moved = true;
    const { left, width } = track.getBoundingClientRect();
    put(link, 1 + Math.floor((clientX - left) / width * 53));
  };
  const end = ({ type }) => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    if (!moved) return;
    const swallow = (click) => { click.preventDefault(); click.stopPropagation(); };
    addEventListener("click", swallow, { capture: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }));
    const week = weekOf(link);
    if (type === "pointerup" && week !== from) act(link, "move", { week });
    else put(link, from);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
});
document.addEventListener("dragstart", (event) => { if (event.target.closest?.(".board a.pm")) event.preventDefault(); });

document.addEventListener("htmx:after:swap", setUp);
setUp();
