// <choice-menu>: a small menu beside the thing it is about; arrow keys, Enter, Escape.

import { el } from "../lib/el.js";

/** @typedef {{words: string, run: () => void}} Choice */

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
   */
  open(opener, title, choices) {
    this.opener = opener;
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
    const item = el("button", { type: "button", role: "menuitem", tabindex: "-1" }, choice.words);
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
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items[(to + items.length) % items.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") this.close();
    else return;
    event.preventDefault();
  }
}

customElements.define("choice-menu", ChoiceMenu);
