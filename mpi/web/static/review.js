// Keys for what the page can do without them. A page that loads no script loses nothing else.
"use strict";

const KEYS = "review-keys";

function on() {
  try {
    return localStorage.getItem(KEYS) !== "off";
  } catch {
    return true;
  }
}

function typing(target) {
  return target instanceof Element && target.closest("input:not([type=checkbox]), textarea, select") !== null;
}

function press(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (!on()) return;
  const key = CSS.escape(event.key);
  const field = document.querySelector(`[data-focus="${key}"]`);
  if (field) {
    const closed = field.closest("details");
    if (closed) closed.open = true;
    field.focus();
    event.preventDefault();
    return;
  }
  const found = document.querySelector(`[data-key="${key}"]`);
  if (found) {
    event.preventDefault();
    found.click();
  }
}

function once(event) {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
}

function offerSwitch() {
  const button = document.getElementById("keys-switch");
  if (!button) return;
  const show = () => {
    button.setAttribute("aria-pressed", String(on()));
    button.textContent = on() ? "Keys are on" : "Keys are off";
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    localStorage.setItem(KEYS, on() ? "off" : "on");
    show();
  });
  show();
}

document.addEventListener("keydown", press);
document.addEventListener("submit", once);
// a page that comes back out of the browser's memory can send its forms again
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
offerSwitch();
