// The form of a standing meeting while it is filled in: where it would fall is looked up again after
// each change. Without this script a button does the same.
const LOOK_AFTER_MS = 400;

const form = /** @type {HTMLFormElement} */ (document.getElementById("standing"));
const look = /** @type {HTMLElement} */ (form.querySelector("[data-look]"));
look.hidden = true;

/** @type {AbortController | undefined} */
let looking;
let timer = 0;

async function lookAgain() {
  looking?.abort();
  looking = new AbortController();
  const words = new FormData(form);
  words.set("do", "look");
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: words,
      headers: { Accept: "text/html" },
      signal: looking.signal,
    });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const [old, now] = [document.getElementById("preview"), fresh.getElementById("preview")];
    if (old && now && old.innerHTML !== now.innerHTML) old.replaceChildren(...now.childNodes);
  } catch {
    // the line is gone or a newer question was asked: what is shown stays
  }
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(lookAgain, LOOK_AFTER_MS);
});

export {};
