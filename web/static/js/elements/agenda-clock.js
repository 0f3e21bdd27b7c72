// <agenda-clock>: what is left of the present item, and the agenda around it.

import { countDown } from "../lib/clock.js";
import { el, fit, say } from "../lib/el.js";
import { itemClock } from "../lib/room.js";
import { t } from "../lib/words.js";

/** @import { State, ItemNow } from "../lib/protocol.js" */

/**
 * `data-wide` on the element: the wall's shape, with a bar of time used, minutes used for items that
 * are over and no second line; without it the branch room's shape.
 */
export class AgendaClock extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    const wide = "wide" in this.dataset;
    this.label = el("span", { class: "muted" });
    this.left = el("span", { class: "clock__left", role: "timer" });
    this.spent = el("i");
    this.used = el("div", { class: "bar2", role: "img" }, this.spent);
    this.list = el("ol", { class: "agenda" });
    this.box = el("div", { class: "agenda__box" }, this.list);
    if (wide) this.append(el("div", { class: "clockrow" }, this.left, this.label), this.used, this.box);
    else this.append(el("div", { class: "clock" }, this.label, this.left), this.box);
    /** What was drawn last, so that rows are made anew only when it changes. @type {string | undefined} */
    this.drawn = "";
  }

  /**
   * @param {State} state
   * @param {number} nowMs
   */
  show(state, nowMs) {
    const { label, left, used, spent, box } = this;
    if (!label || !left || !used || !spent || !box) return;
    const clock = itemClock(state, nowMs);
    const planned = state.items.length > 0;
    const seconds = planned ? clock.left : (state.ends_ms - nowMs) / 1000;
    const over = seconds < 0;
    say(left, countDown(Math.abs(seconds)));
    left.classList.toggle("t-warn", over);
    spent.style.setProperty("width", `${Math.round(clock.share * 100)}%`);
    const words = { used: countDown(clock.used), allotted: Math.round(clock.allotted / 60) };
    used.setAttribute("aria-label", t("本项已用 {used}，共 {allotted} 分", words));
    used.hidden = !planned;
    const key = JSON.stringify([state.items, state.item, box.clientHeight, box.clientWidth]);
    if (key !== this.drawn) this._draw(state);
    this.drawn = key;
    say(label, this._label(state, planned, over));
  }

  /**
   * @param {State} state
   * @param {boolean} planned
   * @param {boolean} over
   */
  _label(state, planned, over) {
    if (!planned) return over ? t("会议超时") : t("会议还剩");
    if ("wide" in this.dataset) return over ? t("本项超时") : t("本项还剩");
    const place = { item: state.item + 1, count: state.items.length };
    // where not all of the agenda has room, at least it is said how long it is
    if ((this.list?.childElementCount ?? 0) < state.items.length) {
      return over ? t("第 {item} 项（共 {count} 项）超时", place) : t("第 {item} 项（共 {count} 项）还剩", place);
    }
    return over ? t("第 {item} 项超时", place) : t("第 {item} 项还剩", place);
  }

  /** @param {State} state */
  _draw(state) {
    const { list, box } = this;
    if (!list || !box) return;
    list.replaceChildren(...state.items.map((item, index) => this._row(item, index - state.item, index)));
    // what is over gives way first, then what is furthest ahead; the present item stays
    fit(box, () => list.querySelector(":scope > .done") || list.querySelector(":scope > .ahead:last-child"));
  }

  /**
   * @param {ItemNow} item
   * @param {number} distance from the present item: negative when over, 0 now
   * @param {number} index
   */
  _row(item, distance, index) {
    const wide = "wide" in this.dataset;
    const kind = distance < 0 ? "done" : distance === 0 ? "now" : "ahead";
    const topic = el("span", {}, item.topic);
    if (!wide) topic.append(el("span", { class: "who" }, item.department));
    const row = el("li", { class: kind }, el("span", { class: "n" }, String(index + 1)), topic);
    if (distance === 0) row.setAttribute("aria-current", "step");
    row.append(el("span", { class: "m" }, this._note(item, kind, wide)));
    return row;
  }

  /**
   * @param {ItemNow} item
   * @param {string} kind
   * @param {boolean} wide
   */
  _note(item, kind, wide) {
    if (kind === "done") {
      return wide ? t("用 {n} 分", { n: Math.max(1, Math.round(item.used_seconds / 60)) }) : t("讲完了");
    }
    if (kind === "now") return wide ? item.department : t("正在讲");
    return t("{n} 分", { n: item.minutes });
  }
}

customElements.define("agenda-clock", AgendaClock);
