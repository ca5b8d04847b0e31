// Takt: progressive enhancement only; every page works without this file.
// Buttons that need it carry `hidden` and are shown here. Listeners stand on the document, so that parts
// swapped in later are served too.

const $ = (selector, root = document) => root.querySelector(selector);

// A form that came back with errors: the reader and the keyboard begin at the summary.
const enhance = (root) => {
  const summary = $(".err-sum:not([data-told])", root);
  if (summary) { summary.dataset.told = ""; summary.focus(); }
  for (const button of root.querySelectorAll("[data-copy], [data-pick], [data-print]")) button.hidden = false;
};

// A link with data-dialog opens its page's main part in a dialog; the page itself is the fallback.
const openDialog = async (link) => {
  const dialog = $("#dialog");
  const answer = await fetch(link.href);
  if (!answer.ok || answer.redirected) throw answer;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const body = $(".dlg-body", dialog);
  body.replaceChildren(...$("main", page).childNodes);
  const heading = $("h1", body);
  heading.id = "dialog-heading";
  heading.tabIndex = -1;
  enhance(body);
  dialog.showModal();
  heading.focus();
  dialog.onclose = () => { body.replaceChildren(); link.focus(); };
};

const copy = async (button) => {
  const field = $(button.dataset.copy);
  field.select();
  try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
  button.parentElement.querySelector("[role=status]").textContent = button.dataset.done;
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (link && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
    event.preventDefault();
    openDialog(link).catch(() => location.assign(link.href));
  }
  const button = event.target.closest("button");
  if (button?.dataset.copy) copy(button);
  if (button?.dataset.pick) {
    const [day, text] = [button.nextElementSibling, $(button.dataset.pick)];
    day.value = text.value;
    day.onchange = () => { text.value = day.value; text.dispatchEvent(new Event("change", { bubbles: true })); };
    day.showPicker();
  }
  if (button && "print" in button.dataset) print();
});

// The drawer closes when the keyboard leaves it, so that what has focus is never behind it.
$("#nav")?.addEventListener("focusout", ({ currentTarget: nav, relatedTarget: to }) => {
  if (to && !nav.contains(to) && nav.matches(":popover-open")) nav.hidePopover();
});

const unsent = (form) => {
  const said = $("[data-unsent]", form);
  said.textContent = said.dataset.unsent;
};

// A date poll counts what is answered while one answers, and says that it is not sent.
const tally = (form) => {
  const line = $("[data-tally]", form);
  line.textContent = line.dataset.tally.replace("{n}", form.querySelectorAll("fieldset:has(:checked)").length);
  line.parentElement.hidden = false;
};
for (const line of document.querySelectorAll("[data-tally]")) {
  const form = line.closest("form");
  tally(form);
  form.addEventListener("input", () => {
    tally(form);
    unsent(form);
  });
}

// A reply says which answer is chosen, and that it is not sent.
for (const line of document.querySelectorAll("[data-said]")) {
  const form = line.closest("form");
  form.addEventListener("input", () => {
    const [answer, instead] = ["answer", "substitute"].map((name) => $(`[name=${name}]:checked`, form));
    const asked = answer?.value === "no" && instead?.value;
    line.textContent = asked ? line.dataset.said.replace("{name}", $("b", instead.parentElement).textContent)
      : answer?.parentElement.textContent ?? "";
    unsent(form);
  });
}

document.addEventListener("htmx:after:swap", () => enhance(document));
enhance(document);
