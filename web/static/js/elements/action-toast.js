// <action-toast>: what has just been done, with an undo for ten seconds; or what was refused.

import { el, icon, say } from "../lib/el.js";
import { t } from "../lib/words.js";

const SECONDS = 10;

/** One line at a time. It stops counting while it is pointed at or has the focus. */
export class ActionToast extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.setAttribute("role", "status");
    this.words = el("span");
    this.button = el("button", { type: "button", class: "btn" }, icon("i-undo"), t("撤销"));
    this.box = el("div", { class: "toast", hidden: "" }, this.words, this.button);
    this.append(this.box);
    /** Seconds until the line goes. @type {number | undefined} */
    this.left = SECONDS;
    setInterval(() => this._tick(), 1000);
  }

  /**
   * @param {string} text
   * @param {(() => void) | null} [undo] none: there is nothing to take back
   */
  show(text, undo = null) {
    const { box, words, button } = this;
    if (!box || !words || !button) return;
    this.left = SECONDS;
    say(words, text);
    button.hidden = !undo;
    button.onclick = () => {
      this._open(false);
      if (undo) undo();
    };
    this._open(true);
    // taking the class off and putting it on after a reflow starts the bar from its beginning
    box.classList.remove("run");
    box.classList.add("toast--fresh");
    void box.offsetWidth;
    box.classList.remove("toast--fresh");
    box.classList.add("run");
  }

  _tick() {
    const { box, left = 0 } = this;
    if (!box || box.hidden) return;
    const held = box.matches(":hover") || box.contains(document.activeElement);
    box.classList.toggle("run", !held);
    if (held) return;
    this.left = left - 1;
    if (this.left <= 0) this._open(false);
  }

  /** @param {boolean} open */
  _open(open) {
    if (this.box) this.box.hidden = !open;
    this.classList.toggle("open", open);
  }
}

customElements.define("action-toast", ActionToast);
