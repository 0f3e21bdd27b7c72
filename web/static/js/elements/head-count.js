// <head-count>: a dialog with large keys that asks how many people are here. Fires "count",
// or "names" when people would rather sign in one by one.

import { el, icon, say } from "../lib/el.js";
import { t } from "../lib/words.js";

const MOST = 500;

/** Opens with what is recorded now; the number goes out only by 记下. */
export class HeadCount extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.value = 0;
    this.figure = el("output", { "aria-live": "polite" });
    const less = el("button", { type: "button", class: "key" }, icon("i-minus"), t("减一人"));
    const more = el("button", { type: "button", class: "key" }, icon("i-plus"), t("加一人"));
    less.onclick = () => this._step(-1);
    more.onclick = () => this._step(1);
    const names = el("button", { type: "button", class: "btn btn--l" }, t("按名字签到"));
    names.onclick = () => {
      this.dialog?.close();
      this.dispatchEvent(new CustomEvent("names"));
    };
    const cancel = el("button", { type: "button", class: "btn btn--l" }, t("不改了"));
    this.keep = el("button", { type: "submit", class: "btn btn--primary btn--l" });
    const form = el(
      "form",
      { method: "dialog" },
      el("div", { class: "dialog__head" }, el("h2", { id: "count-title" }, t("现在会场里有几个人？"))),
      el("div", { class: "dialog__body keys-row" }, less, this.figure, more),
      el("div", { class: "dialog__foot" }, names, cancel, this.keep),
    );
    this.dialog = el("dialog", { class: "dialog", "aria-labelledby": "count-title" }, form);
    cancel.onclick = () => this.dialog?.close();
    form.onsubmit = () => this.dispatchEvent(new CustomEvent("count", { detail: this.value }));
    this.dialog.onkeydown = (event) => {
      const step = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key];
      if (step) this._step(step);
    };
    this.append(this.dialog);
  }

  /** @param {number} heads what is recorded, -1 for nothing yet */
  open(heads) {
    this.value = Math.max(0, heads);
    this._step(0);
    this.dialog?.showModal();
    this.keep?.focus();
  }

  /** @param {number} by */
  _step(by) {
    this.value = Math.min(MOST, Math.max(0, this.value + by));
    if (this.figure) say(this.figure, String(this.value));
    if (this.keep) say(this.keep, t("记下 {n} 人", { n: this.value }));
  }
}

customElements.define("head-count", HeadCount);
