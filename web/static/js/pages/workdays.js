// The calendar is walked with the arrow keys: a day left and right, a week up and down. Without this
// script the Tab key goes from day to day, and everything else works as it is.
const DAY_MS = 86_400_000;
/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

const year = document.querySelector("form[data-year]");

/** @param {KeyboardEvent} event */
function walk(event) {
  const step = STEPS[event.key];
  const button = event.target instanceof HTMLElement ? event.target.closest("button.day") : null;
  if (!step || !button || event.altKey || event.ctrlKey || event.metaKey) return;
  const day = new Date(Date.parse(button.id.slice(1)) + step * DAY_MS);
  const next = document.getElementById(`d${day.toISOString().slice(0, 10)}`);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

if (year instanceof HTMLFormElement) {
  year.addEventListener("keydown", walk);
  const changed = location.hash.startsWith("#d") && document.getElementById(location.hash.slice(1));
  if (changed) changed.focus();
}
