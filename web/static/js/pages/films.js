// The films of a recording: each that is being made tells how far it is, and is there to be taken.

import { need, say } from "../lib/el.js";
import { t } from "../lib/words.js";

const EVERY_MS = 1500;
const place = need(document, "[data-films]", HTMLElement);
const news = need(place, "[data-news]", HTMLElement);

/**
 * Show how far a film is; one that has come to its end is told to who does not see the page.
 * @param {HTMLElement} row
 * @param {{state: string, percent: number, said: string}} film
 */
function show(row, film) {
  const bar = need(row, "progress", HTMLProgressElement);
  const said = need(row, "[data-said]", HTMLElement);
  const isMaking = film.state === "MAKING";
  const isFailed = film.state === "FAILED";
  if (!bar.hidden && !isMaking) say(news, `${need(row, "b", HTMLElement).textContent} · ${film.said}`);
  bar.value = film.percent;
  bar.hidden = !isMaking;
  say(said, film.said);
  said.className = isFailed ? "t-bad" : "note";
  if (isFailed) say(need(row, "[data-again]", HTMLElement), t("再试一次"));
  need(row, "form", HTMLFormElement).hidden = film.state !== "ABSENT" && !isFailed;
  need(row, "a", HTMLAnchorElement).hidden = film.state !== "READY";
}

async function look() {
  const answer = await fetch(place.dataset.films || "", { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const films = await answer.json();
  for (const [name, film] of Object.entries(films)) {
    const row = document.getElementById(name);
    if (row) show(row, film);
  }
  if (!Object.values(films).some((film) => film.state === "MAKING")) clearInterval(timer);
}

const timer = setInterval(() => look().catch(() => {}), EVERY_MS);
document.body.dataset.ready = "";
