// The table of all venues' checks: the rows are fetched anew while somebody looks.

const EVERY_MS = 3000;
const rows = document.querySelector("[data-live]");
const figures = document.querySelector(".figs");

async function renew() {
  if (document.visibilityState !== "visible" || rows?.contains(document.activeElement)) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const [place, selector] of /** @type {const} */ ([[rows, "[data-live]"], [figures, ".figs"]])) {
    const now = fresh.querySelector(selector);
    if (place && now && place.innerHTML !== now.innerHTML) place.replaceChildren(...now.childNodes);
  }
}

setInterval(() => renew().catch(() => {}), EVERY_MS);
