// <board-tray>: the requests without a place; while a found plan is looked at, what it would change.

import { askWords } from "../lib/asking.js";
import { spotWords } from "../lib/board.js";
import { el, icon } from "../lib/el.js";
import { t } from "../lib/words.js";

/** @import { Ask } from "../lib/asking.js" */
/** @import { Asked, Change, Waiting } from "../lib/board.js" */

/** The list in the page's own section, which holds heading and count. */
export class BoardTray extends HTMLElement {
  /** @param {Waiting[]} waiting @param {Asked[]} [asked] what a leader has been asked for */
  show(waiting, asked = []) {
    const by = new Map(asked.map((one) => [one.request, one]));
    this.replaceChildren(waiting.length ? el("ul", {}, ...waiting.map((one) => el("li", {}, card(one, by.get(one.request))))) : empty());
  }

  /** What a leader could let in. @param {Ask[]} asks @param {string} language */
  offer(asks, language) {
    const rows = asks.map((ask) => el("li", {}, el("button", { type: "button", class: "pi pi--told", "data-day": ask.date }, icon("st-bad"), el("b", {}, ask.topic), el("small", {}, askWords(ask, language)))));
    this.replaceChildren(el("ul", {}, ...rows));
  }

  /** @param {Change[]} changes @param {string} language */
  tell(changes, language) {
    const rows = changes.map(({ topic, ...spots }) => {
      const [from, to] = [spotWords(spots.from, language), spotWords(spots.to, language)];
      const place = from && to ? t("{from} → {to}", { from, to }) : to || t("没有落处");
      const mark = from ? icon(to ? "i-arrow" : "st-warn") : icon("i-plus");
      const day = spots.to && "date" in spots.to ? spots.to.date : "";
      const told = el("button", { type: "button", class: "pi pi--told", ...(day && { "data-day": day }) }, mark, el("b", {}, topic), el("small", {}, place));
      told.disabled = !day;
      return el("li", {}, told);
    });
    this.replaceChildren(rows.length ? el("ul", {}, ...rows) : el("p", { class: "none note" }, t("和现在一样。")));
  }
}

/** @param {Waiting} one @param {Asked} [asked] */
export function card(one, asked) {
  const facts = el("small", {}, one.department);
  if (one.urgent) facts.append(" · ", el("span", { class: "r" }, t("急件")));
  if (one.approval === "waiting") facts.append(" · ", el("span", { class: "w" }, t("等审批")));
  if (asked) facts.append(" · ", el("span", { class: "w" }, t("等签字")));
  if (one.audience_words) facts.append(` · ${one.audience_words}`);
  return el("button", { type: "button", class: "pi", "data-request": String(one.request), "aria-describedby": "how", title: one.topic },
    icon("i-grip"), el("b", {}, one.topic), el("em", {}, t("{n}分", { n: one.minutes })), facts);
}

function empty() {
  return el("div", { class: "empty" }, icon("i-check"), el("b", {}, t("没有等着排的申请")), el("span", {}, t("科室报来新的，会先出现在这里。")));
}

customElements.define("board-tray", BoardTray);
