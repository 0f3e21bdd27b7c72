// <decline-word>: a dialog for the word that a venue is shown instead of getting the floor.
// Fires "decline" with the venue and the word as detail.

import { el, say } from "../lib/el.js";
import { t } from "../lib/words.js";

const LONGEST = "60";

/** Ready words are one press each; another can be written. */
export class DeclineWord extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.venue = 0;
    this.heading = el("h2", { id: "decline-title" });
    this.field = el("input", { class: "input", maxlength: LONGEST, autocomplete: "off", id: "decline-word" });
    const ready = [t("下一项再请您讲。"), t("时间不够，会后再谈。"), t("请把问题写下来，报给会务。")].map((word) => {
      const button = el("button", { type: "button", class: "btn btn--l" }, word);
      button.onclick = () => this._decline(word);
      return button;
    });
    const form = el(
      "form",
      { method: "dialog" },
      el("div", { class: "dialog__head" }, this.heading),
      el(
        "div",
        { class: "dialog__body" },
        el("div", { class: "decline__ready" }, ...ready),
        el("div", { class: "field" }, el("label", { for: "decline-word" }, t("或者自己写一句，对方会看到")), this.field),
      ),
      el(
        "div",
        { class: "dialog__foot" },
        el("button", { type: "button", class: "btn btn--l", "data-does": "back" }, t("不移了")),
        el("button", { type: "submit", class: "btn btn--primary btn--l" }, t("移出队列")),
      ),
    );
    this.box = el("dialog", { class: "dialog", "aria-labelledby": "decline-title" }, form);
    form.onsubmit = () => this._decline(this.field?.value || "");
    const back = this.box.querySelector("[data-does=back]");
    if (back instanceof HTMLElement) back.onclick = () => this.box?.close();
    this.append(this.box);
  }

  /**
   * @param {number} venue
   * @param {string} title how the venue is called
   */
  open(venue, title) {
    const { box, field, heading } = this;
    if (!box || !field || !heading) return;
    this.venue = venue;
    field.value = "";
    say(heading, t("这次先不请 {venue} 发言", { venue: title }));
    box.showModal();
  }

  /** @param {string} word */
  _decline(word) {
    this.box?.close();
    this.dispatchEvent(new CustomEvent("decline", { detail: { venue: this.venue, word } }));
  }
}

customElements.define("decline-word", DeclineWord);
