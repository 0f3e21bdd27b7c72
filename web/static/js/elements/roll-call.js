// <roll-call>: who is called now, what each has answered, and the keys of whoever calls.
// Fires "roll" with the command and its fields as detail, and "close" when the result is put away.

import { el, icon, say } from "../lib/el.js";
import { lasting, rollResult } from "../lib/hall.js";
import { numeral, titleOf, venueOf } from "../lib/room.js";
import { t } from "../lib/words.js";

/** @import { CommandName, State } from "../lib/protocol.js" */

const SHAPES = { answered: "st-ok", silent: "st-warn", absent: "st-bad", named: "st-wait", ahead: "st-off" };

/** So few that each has room for its name. */
const FEW = 4;

/** Built once; a mark for every venue that is called, in the order of calling. */
export class RollCall extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.name = el("b", { class: "roll__name" });
    this.note = el("span", { class: "muted", role: "status" });
    this.marks = el("ol", { class: "roll__marks" });
    this.yes = el("button", { type: "button", class: "btn btn--primary", "data-does": "yes" });
    this.no = el("button", { type: "button", class: "btn", "data-does": "no" }, t("没应答，下一家"));
    this.end = el("button", { type: "button", class: "btn", "data-does": "end" });
    this.keys = el("div", { class: "roll__keys" }, this.yes, this.no, this.end);
    this.append(el("div", { class: "roll__now" }, this.name, this.note), this.marks, this.keys);
    const { yes, no, end } = this;
    yes.onclick = () => this._yes();
    no.onclick = () => this._fire("roll.next");
    end.onclick = () => (this.running ? this._fire("roll.end") : this.dispatchEvent(new Event("close")));
    /** @type {State | null} */
    this.state = null;
    /** What was drawn last, so that marks are made anew only when they change. @type {string | undefined} */
    this.drawn = "";
  }

  get running() {
    return Boolean(this.state && this.state.roll.named > 0);
  }

  /**
   * @param {State} state
   * @param {number} nowMs
   * @param {boolean} operator whether to offer the keys
   */
  show(state, nowMs, operator) {
    this.state = state;
    const { name, note, yes, no, end } = this;
    if (!name || !note || !yes || !no || !end) return;
    const { roll } = state;
    const result = rollResult(state);
    const answer = roll.answers.find((one) => one.venue === roll.named);
    yes.hidden = no.hidden = !this.running || !operator;
    end.hidden = this.running && !operator;
    say(end, this.running ? t("结束点名") : t("收起"));
    if (this.running) {
      const waited = lasting((nowMs - roll.since_ms) / 1000);
      say(name, titleOf(state, roll.named));
      say(note, answer ? t("已应答") : roll.every ? t("点了 {waited}，{n} 秒后点下一家", { waited, n: this._left(nowMs) }) : t("点了 {waited}", { waited }));
      say(yes, answer ? t("下一家") : t("应答，下一家"));
      no.disabled = Boolean(answer);
    } else {
      say(name, t("应答 {answered} / {called}", result));
      const others = [t("没应答 {n} 家", { n: result.silent }), t("未到 {n} 家", { n: result.absent })];
      if (result.skipped) others.push(t("没点到 {n} 家", { n: result.skipped }));
      say(note, others.join(" · "));
    }
    const key = JSON.stringify([roll.order, roll.answers, roll.named, operator]);
    if (key !== this.drawn) this._draw(state, operator);
    this.drawn = key;
  }

  /** @param {number} nowMs */
  _left(nowMs) {
    const { roll } = /** @type {State} */ (this.state);
    return Math.max(0, Math.ceil((roll.since_ms - nowMs) / 1000 + roll.every));
  }

  /**
   * @param {State} state
   * @param {boolean} operator
   */
  _draw(state, operator) {
    const held = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.venue : "";
    this.marks?.classList.toggle("roll__marks--few", state.roll.order.length <= FEW);
    const answers = new Map(state.roll.answers.map((one) => [one.venue, one.answer]));
    this.marks?.replaceChildren(
      ...state.roll.order.map((venue) => {
        const answer = answers.get(venue) || (venue === state.roll.named ? "named" : "ahead");
        return el("li", { class: `roll__mark roll__mark--${answer}` }, this._mark(state, venue, answer, operator));
      }),
    );
    const same = held && this.querySelector(`[data-venue="${held}"]`);
    if (same instanceof HTMLElement) same.focus();
  }

  /**
   * @param {State} state
   * @param {number} venue
   * @param {keyof typeof SHAPES} answer
   * @param {boolean} operator
   */
  _mark(state, venue, answer, operator) {
    const words = { answered: t("已应答"), silent: t("没应答"), absent: t("未到"), named: t("正在点"), ahead: t("还没点") };
    const name = venueOf(state, venue)?.name || "";
    const parts = [icon(SHAPES[answer]), el("span", { class: "no" }, numeral(venue)), el("span", { class: "sr" }, `${name} ${words[answer]}`)];
    if (!operator) return el("span", {}, ...parts);
    const to = answer !== "answered";
    const title = to ? t("{name}：{answer}。点一下改为应答", { name, answer: words[answer] }) : t("{name}：{answer}。点一下改为没应答", { name, answer: words[answer] });
    const button = el("button", { type: "button", "data-venue": String(venue), title }, ...parts);
    button.onclick = () => this._fire("roll.mark", { venue, answered: to });
    return button;
  }

  _yes() {
    const { roll } = /** @type {State} */ (this.state);
    const answered = roll.answers.some((one) => one.venue === roll.named);
    if (answered) this._fire("roll.next");
    else this._fire("roll.mark", { venue: roll.named, answered: true }, true);
  }

  /**
   * @param {CommandName} type
   * @param {Record<string, unknown>} [fields]
   * @param {boolean} [goesOn] whether the next is called right after it
   */
  _fire(type, fields = {}, goesOn = false) {
    this.dispatchEvent(new CustomEvent("roll", { detail: { type, fields, goesOn } }));
  }
}

customElements.define("roll-call", RollCall);
