// A film that is being made, or a recording that is being put in order: look until it is there.

import { need, say } from "../lib/el.js";
import { t } from "../lib/words.js";

const EVERY_MS = 1500;
const place = need(document, "[data-wait]", HTMLElement);
const said = need(place, "[data-said]", HTMLElement);
const bar = place.querySelector("progress");

async function look() {
  const answer = await fetch(place.dataset.wait || "", { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { state, percent, before, ready } = await answer.json();
  if (bar) bar.value = percent;
  if (before) {
    say(said, t("前面还有 {n} 部片子在做，轮到就做。", { n: before }));
  } else if (state === "MAKING") {
    say(said, t("做好了百分之 {n}，做好自己会放出来。", { n: percent }));
  } else if (state === "FAILED") {
    clearInterval(timer);
    say(said, t("片子没有做成。请刷新页面再试一次，还不行就找管理员。"));
  } else if (state === "READY" || state === "NOTHING" || (ready && !bar)) {
    location.reload();
  }
}

const timer = setInterval(() => look().catch(() => {}), EVERY_MS);
