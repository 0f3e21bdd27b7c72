// <choice-menu>: a small menu beside the thing it is about; arrow keys, Enter, Escape.

import { el } from "../lib/el.js";

/** @typedef {{words: string, run: () => unknown, chosen?: boolean}} Choice */

/** One menu for the page: opened at a button, it gives the focus back to it. */
export class ChoiceMenu extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "menu");
    this.tabIndex = -1;
    this.hidden = true;
    /** @type {HTMLElement | null} */
    this.opener = null;
    this.onkeydown = (event) => this._key(event);
    document.addEventListener("pointerdown", (event) => {
      if (event.target instanceof Node && !this.contains(event.target)) this.close(false);
    });
    window.addEventListener("resize", () => this.close(false));
  }

  /**
   * @param {HTMLElement} opener
   * @param {string} title
   * @param {Choice[]} choices at least one
   * @param {number} [columns]
   */
  open(opener, title, choices, columns = 1) {
    this.opener = opener;
    this.dataset.columns = String(columns);
    opener.setAttribute("aria-expanded", "true");
    this.setAttribute("aria-label", title);
    this.replaceChildren(el("p", { class: "note", role: "presentation" }, title), ...choices.map((c) => this._item(c)));
    this.hidden = false;
    this._place(opener.getBoundingClientRect());
    this._items()[0].focus();
  }

  /** @param {boolean} giveBack whether the focus goes back to where it came from */
  close(giveBack = true) {
    if (this.hidden) return;
    this.hidden = true;
    this.opener?.setAttribute("aria-expanded", "false");
    if (giveBack) this.opener?.focus();
  }

  /** @param {Choice} choice */
  _item(choice) {
    const role = choice.chosen === undefined ? "menuitem" : "menuitemradio";
    const item = el("button", { type: "button", role, tabindex: "-1" }, choice.words);
    if (choice.chosen !== undefined) item.setAttribute("aria-checked", String(choice.chosen));
    item.onclick = () => {
      this.close();
      choice.run();
    };
    return item;
  }

  /** @returns {HTMLElement[]} */
  _items() {
    return Array.from(this.querySelectorAll("button"));
  }

  /** @param {DOMRect} at */
  _place(at) {
    const { offsetWidth: width, offsetHeight: height } = this;
    const below = at.bottom + height + 8 < window.innerHeight;
    const left = Math.min(Math.max(8, at.left), window.innerWidth - width - 8);
    this.style.setProperty("left", `${left}px`);
    this.style.setProperty("top", `${below ? at.bottom + 4 : Math.max(8, at.top - height - 4)}px`);
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    const items = this._items();
    const here = items.findIndex((item) => item === document.activeElement);
    const row = Number(this.dataset.columns);
    const steps = { ArrowDown: here + row, ArrowUp: here - row, Home: 0, End: items.length - 1 };
    const sideways = row > 1 ? { ArrowRight: here + 1, ArrowLeft: here - 1 } : {};
    const to = /** @type {Record<string, number>} */ ({ ...steps, ...sideways })[event.key];
    if (to !== undefined) items[(to + items.length) % items.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") this.close();
    else return;
    event.preventDefault();
  }
}

customElements.define("choice-menu", ChoiceMenu);
