// The booking form while it is filled in: rides are looked for, a draft is kept, everybody is ticked
// at once. Without this script the buttons do the same.
import { el, icon, say } from "../lib/el.js";

const LOOK_AFTER_MS = 500;
const KEEP_AFTER_MS = 3000;

const form = /** @type {HTMLFormElement} */ (document.getElementById("book"));
const kept = /** @type {HTMLElement} */ (document.querySelector("[data-kept]"));
const look = form.querySelector("[data-look]");
if (look) /** @type {HTMLElement} */ (look).hidden = true;

/** What is in the form, words only: files go when it is sent. @param {string} act */
function words(act) {
  const sent = new FormData(form);
  sent.delete("file");
  sent.set("do", act);
  return sent;
}

/** @param {string} act @param {string} accept @param {AbortSignal} [signal] */
function send(act, accept, signal) {
  return fetch(form.action, {
    method: "POST",
    body: words(act),
    headers: { Accept: accept },
    signal,
  });
}

/** @type {AbortController | undefined} */
let looking;

async function lookForRides() {
  looking?.abort();
  looking = new AbortController();
  try {
    const answer = await send("look", "text/html", looking.signal);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["found", "full"]) swap(id, fresh);
    markFull(fresh);
  } catch {
    // the line is gone or a newer question was asked: what is shown stays
  }
}

/** @param {string} id @param {Document} fresh */
function swap(id, fresh) {
  const [old, now] = [document.getElementById(id), fresh.getElementById(id)];
  if (old && now && old.innerHTML !== now.innerHTML) old.replaceChildren(...now.childNodes);
}

/** @param {Document} fresh */
function markFull(fresh) {
  for (const pick of form.querySelectorAll("[data-committee]")) {
    const key = /** @type {HTMLElement} */ (pick).dataset.committee;
    const full = !!fresh.querySelector(`.pick--warn[data-committee="${key}"]`);
    pick.classList.toggle("pick--warn", full);
    say(/** @type {HTMLElement} */ (pick.querySelector("[data-full]")), full ? form.dataset.full || "" : "");
  }
}

async function keepDraft() {
  const topic = /** @type {HTMLInputElement} */ (form.elements.namedItem("topic"));
  if (!("draft" in form.dataset) || !topic.value.trim()) return;
  try {
    const answer = await send("keep", "application/json");
    if (!answer.ok) return;
    const now = await answer.json();
    const version = /** @type {HTMLInputElement} */ (form.elements.namedItem("version"));
    version.value = String(now.version);
    form.action = `/requests/${now.id}/edit`;
    history.replaceState(null, "", form.action);
    const line = el("span", { class: "state state--ok" }, icon("st-ok"));
    line.append(`${form.dataset.kept} ${now.at}`);
    kept.replaceChildren(line);
  } catch {
    // the next change tries again
  }
}

// a file that would be refused is told of before it is sent over a slow line
const files = /** @type {HTMLInputElement} */ (form.elements.namedItem("file"));
files.addEventListener("change", () => {
  const { largest, most, large = "", many = "" } = files.dataset;
  const chosen = [...(files.files || [])];
  const big = chosen.find((file) => file.size > Number(largest));
  let told = chosen.length > Number(most) ? many : "";
  if (big) told = large.replace("NAME", big.name).replace("SIZE", (big.size / 1048576).toFixed(1));
  document.getElementById("file-error")?.remove();
  files.setAttribute("aria-invalid", String(!!told));
  files.closest(".field")?.classList.toggle("field--bad", !!told);
  if (!told) return;
  files.value = "";
  const line = el("p", { class: "error", id: "file-error", role: "alert" }, icon("i-x"));
  line.append(told);
  files.after(line);
});

let keeping = Promise.resolve();
let sending = false;
let [lookTimer, keepTimer] = [0, 0];

function changed() {
  clearTimeout(lookTimer);
  clearTimeout(keepTimer);
  lookTimer = setTimeout(lookForRides, LOOK_AFTER_MS);
  keepTimer = setTimeout(() => {
    keeping = keeping.then(keepDraft);
  }, KEEP_AFTER_MS);
}
form.addEventListener("input", changed);

// what is only to be made known has words of its own
const known = /** @type {HTMLDetailsElement} */ (form.querySelector("[data-known]"));
form.addEventListener("change", (event) => {
  const chosen = /** @type {HTMLInputElement} */ (event.target);
  if (chosen.name === "kind") known.open = chosen.value === "known";
});

// a draft that is just being kept must be kept before the form goes, or its version is an old one
form.addEventListener("submit", (event) => {
  clearTimeout(lookTimer);
  clearTimeout(keepTimer);
  if (sending) return;
  event.preventDefault();
  sending = true;
  const button = /** @type {HTMLElement | null} */ (event.submitter);
  // not from within this event: a form that is being submitted takes no second request
  keeping.then(() => setTimeout(() => form.requestSubmit(button), 0));
});

const all = /** @type {HTMLElement | null} */ (form.querySelector("[data-all]"));
if (all) {
  all.hidden = false;
  all.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    if (!button) return;
    for (const box of form.querySelectorAll("[name=committee]"))
      /** @type {HTMLInputElement} */ (box).checked = !!button.value;
    changed();
  });
}
