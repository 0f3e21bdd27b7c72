// <floor-queue>: who asks for the floor, longest waiting first, and who has spoken on this item.
// Fires "give" and "choose" with the venue's number as detail.

import { el, fit, icon, say } from "../lib/el.js";
import { lasting } from "../lib/hall.js";
import { titleOf } from "../lib/room.js";
import { t } from "../lib/words.js";

/** @import { State } from "../lib/protocol.js" */

/** Rows are made anew only when the queue changes; waiting times are written into them. */
export class FloorQueue extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.rows = el("ol", { class: "queue" });
    this.more = el("p", { class: "note queue__more", hidden: "" });
    this.nobody = el("p", { class: "muted queue__nobody" }, t("现在没有会场申请发言。"));
    this.said = el("div", { class: "said", hidden: "" }, el("h3", {}, t("本项已说过")), el("ul"));
    this.append(this.rows, this.more, this.nobody, this.said);
    /** What was drawn last, so that rows are made anew only when it changes. @type {string | undefined} */
    this.drawn = "";
  }

  /**
   * @param {State} state
   * @param {number} nowMs
   * @param {boolean} operator whether to offer the buttons
   */
  show(state, nowMs, operator) {
    const key = JSON.stringify([state.queue, state.said, operator, this.clientHeight]);
    if (key !== this.drawn) {
      this.drawn = key;
      this._draw(state, nowMs, operator);
    }
    this._sayTimes(nowMs);
  }

  /** @param {number} nowMs */
  _sayTimes(nowMs) {
    const times = this.querySelectorAll("[data-since]");
    for (const time of /** @type {NodeListOf<HTMLElement>} */ (times)) {
      const waited = Math.max(0, nowMs - Number(time.dataset.since)) / 1000;
      say(time, t("等了 {length}", { length: lasting(waited) }));
    }
  }

  /**
   * @param {State} state
   * @param {number} nowMs
   * @param {boolean} operator
   */
  _draw(state, nowMs, operator) {
    const { rows, more, nobody, said } = this;
    if (!rows || !more || !nobody || !said) return;
    const held = document.activeElement instanceof HTMLElement ? document.activeElement.dataset : {};
    rows.replaceChildren(...state.queue.map((asking, i) => this._row(state, asking, i, operator)));
    nobody.hidden = state.queue.length > 0;
    said.hidden = state.said.length === 0;
    const spoken = [...state.said].reverse().map((one) =>
      el("li", {}, el("b", {}, titleOf(state, one.venue)), el("span", { class: "muted" }, lasting(one.seconds))),
    );
    const list = /** @type {HTMLElement} */ (said.lastElementChild);
    list.replaceChildren(...spoken);
    this._sayTimes(nowMs);
    this._fit(state.queue.length, list);
    const same = held.does && this.querySelector(`[data-does="${held.does}"][data-venue="${held.venue}"]`);
    if (same instanceof HTMLElement) same.focus();
  }

  /**
   * Who has spoken gives way first, then the end of the queue, which is counted instead.
   * @param {number} asking
   * @param {HTMLElement} list
   */
  _fit(asking, list) {
    const { rows, more, said } = this;
    if (!rows || !more || !said) return;
    more.hidden = true;
    fit(this, () => list.lastElementChild);
    said.hidden = list.childElementCount === 0;
    if (this.scrollHeight <= this.clientHeight) return;
    more.hidden = false;
    fit(this, () => (rows.childElementCount > 1 ? rows.lastElementChild : null));
    say(more, t("还有 {n} 家在等", { n: asking - rows.childElementCount }));
  }

  /**
   * @param {State} state
   * @param {import("../lib/protocol.js").Asking} asking
   * @param {number} index
   * @param {boolean} operator
   */
  _row(state, asking, index, operator) {
    const venue = String(asking.venue);
    const title = titleOf(state, asking.venue);
    const time = el("small", { "data-since": String(asking.since_ms) });
    const row = el("li", {}, el("span", { class: "n" }, String(index + 1)));
    if (!operator) {
      row.append(el("div", {}, el("b", {}, title), time));
      return row;
    }
    const kind = index === 0 ? "btn btn--primary" : "btn";
    const choose = el(
      "button",
      { type: "button", class: "queue__who", "data-does": "choose", "data-venue": venue, "aria-haspopup": "menu" },
      el("b", {}, title, icon("i-down")),
      time,
    );
    const give = el(
      "button",
      { type: "button", class: kind, "data-does": "give", "data-venue": venue },
      t("请发言"),
      el("span", { class: "sr" }, title),
    );
    for (const button of [choose, give]) {
      button.onclick = () =>
        this.dispatchEvent(new CustomEvent(button.dataset.does || "", { detail: { venue: asking.venue, button } }));
    }
    row.append(choose, give);
    return row;
  }
}

customElements.define("floor-queue", FloorQueue);
