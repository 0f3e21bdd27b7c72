// <material-viewer>: one page of a material large, leafing by buttons and keys. Fires "leaf", "follow", "close".

import { el, icon, say, setIcon } from "../lib/el.js";
import { t } from "../lib/words.js";

/** @import { MaterialFile, Leaf } from "../lib/materials.js" */

/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, PageUp: -1, ArrowRight: 1, PageDown: 1 };
const SCROLL = 80;
const AGAIN_MS = 3000;

/** Opened over a picture; `address` tells where a file's answers are. */
export class MaterialViewer extends HTMLElement {
  constructor() {
    super();
    /** @type {(key: string) => string} */
    this.address = () => "";
    /** @type {MaterialFile[]} */
    this.files = [];
    /** @type {Leaf} */
    this.leaf = { file: "", page: 1 };
    /** @type {Map<string, number>} pages of files, 0 for one that cannot be shown */
    this.pages = new Map();
    /** @type {Map<string, string>} why not, in words */
    this.faults = new Map();
    this.enlarged = false;
    /** What was drawn last. @type {string} */
    this.drawn = "";
    /** The file whose first page has been fitted. @type {string} */
    this.fitted = "";
  }

  connectedCallback() {
    if (this.firstChild) return;
    this.hidden = true;
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", t("材料"));
    this._build();
    document.addEventListener("keydown", (event) => this._key(event));
  }

  _build() {
    const act = (/** @type {string} */ symbol, /** @type {string} */ words, /** @type {() => void} */ run) => {
      const button = el("button", { type: "button", class: "btn mat__btn" }, icon(symbol), el("span", {}, words));
      button.onclick = run;
      return button;
    };
    this.tabs = el("div", { class: "mat__files", role: "group", "aria-label": t("这一项的材料") });
    this.back = act("i-left", t("上一页"), () => this._step(-1));
    this.count = el("output", { class: "mat__count", "aria-live": "polite" });
    this.on = act("i-right", t("下一页"), () => this._step(1));
    this.zoom = act("i-search", t("放大"), () => this._enlarge(!this.enlarged));
    this.follow = act("i-undo", t("回到主会场的页"), () => this._tell("follow"));
    this.original = el("a", { class: "btn mat__btn" }, icon("i-download"), el("span", {}, t("下载")));
    this.out = act("i-x", t("关上"), () => this.close());
    this.picture = el("img", { alt: "" });
    this.words = el("p", { role: "status" });
    this.sheet = el("div", { class: "mat__sheet", tabindex: "0", role: "group", "aria-label": t("这一页") });
    this.sheet.append(this.picture, this.words);
    this.picture.onload = () => this._fit();
    this.picture.onerror = () => this._again();
    const leafing = el("div", { class: "mat__leaf" }, this.back, this.count, this.on);
    const ends = el("div", { class: "mat__ends" }, this.follow, this.zoom, this.original, this.out);
    this.append(this.sheet, el("div", { class: "mat__bar" }, this.tabs, leafing, ends));
  }

  /**
   * Show a page; what is shown already is not fetched again.
   * @param {MaterialFile[]} files
   * @param {Leaf} leaf
   * @param {boolean} away whether it is not the page that the chair shows
   */
  show(files, leaf, away) {
    this.hidden = false;
    this.files = files;
    this.leaf = leaf;
    if (this.follow) this.follow.hidden = !away;
    const key = JSON.stringify([files, leaf, this.pages.get(leaf.file)]);
    if (key === this.drawn) return;
    this.drawn = key;
    this._draw();
  }

  /** Close it, and let the page know that a person did. */
  close() {
    if (this.hidden) return;
    this.hide();
    this._tell("close");
  }

  hide() {
    this.hidden = true;
    this.drawn = "";
  }

  /** @param {string} name */
  _tell(name) {
    this.dispatchEvent(new CustomEvent(name, { detail: this.leaf }));
  }

  _draw() {
    const { tabs, count, back, on, original, picture, leaf } = this;
    if (!tabs || !count || !back || !on || !original || !picture) return;
    tabs.hidden = this.files.length < 2;
    tabs.replaceChildren(...this.files.map((file) => this._tab(file)));
    const address = this.address(leaf.file);
    const pages = this.pages.get(leaf.file);
    original.href = `${address}/original`;
    back.disabled = leaf.page <= 1;
    on.disabled = !pages || leaf.page >= pages;
    say(count, pages ? `${leaf.page} / ${pages}` : "");
    count.setAttribute("aria-label", pages ? t("第 {page} 页，共 {pages} 页", { page: leaf.page, pages }) : "");
    if (pages === undefined) this._learn(leaf.file);
    if (pages === 0) return this._say(this.faults.get(leaf.file) || "", true);
    const source = `${address}/pages/${leaf.page}`;
    if (picture.getAttribute("src") !== source) {
      this._say(t("正在取这一页…"), false);
      picture.src = source;
      picture.alt = t("{name} 第 {page} 页", { name: this._name(), page: leaf.page });
    }
    if (pages && leaf.page < pages) new Image().src = `${address}/pages/${leaf.page + 1}`;
  }

  _name() {
    return this.files.find((file) => file.key === this.leaf.file)?.name || "";
  }

  /** @param {MaterialFile} file */
  _tab(file) {
    const current = file.key === this.leaf.file;
    const tab = el("button", { type: "button", class: "btn mat__file", "aria-pressed": String(current), title: file.name });
    tab.append(el("span", { class: "cut" }, file.name));
    tab.onclick = () => this._go({ file: file.key, page: 1 });
    return tab;
  }

  /**
   * Ask how many pages a file has; one that has none is said so in the server's words.
   * @param {string} key
   */
  async _learn(key) {
    const headers = { Accept: "application/json" };
    const answer = await fetch(`${this.address(key)}/about`, { headers }).catch(() => null);
    if (!answer) return;
    const told = await answer.json().catch(() => ({}));
    this.pages.set(key, answer.ok ? told.pages : 0);
    if (!answer.ok) this.faults.set(key, told.title || t("这份材料打不开，请下载后看。"));
    if (key !== this.leaf.file || this.hidden) return;
    this.drawn = "";
    this._draw();
  }

  /**
   * @param {string} text
   * @param {boolean} instead of the picture
   */
  _say(text, instead) {
    if (!this.words || !this.picture) return;
    say(this.words, text);
    this.words.hidden = !text;
    this.picture.hidden = instead;
  }

  /** Say that a page did not come, and ask for it again. */
  _again() {
    this._say(t("这一页没有取到，正在再试。"), true);
    setTimeout(() => {
      this.picture?.removeAttribute("src");
      if (!this.hidden) this._draw();
    }, AGAIN_MS);
  }

  /** A new page begins at its top: whole where it lies flat, as wide as can be where it stands or type is large. */
  _fit() {
    this._say("", false);
    const { picture, sheet } = this;
    if (!picture || !sheet) return;
    const large = "elder" in document.documentElement.dataset;
    if (this.fitted !== this.leaf.file) this._enlarge(large || picture.naturalHeight > picture.naturalWidth);
    this.fitted = this.leaf.file;
    sheet.scrollTop = 0;
  }

  /** @param {boolean} on */
  _enlarge(on) {
    const { zoom } = this;
    this.enlarged = on;
    this.classList.toggle("mat--wide", on);
    if (!zoom) return;
    setIcon(zoom, on ? "i-grid" : "i-search");
    say(zoom.lastElementChild || zoom, on ? t("看整页") : t("放大"));
  }

  /** @param {number} by */
  _step(by) {
    const page = this.leaf.page + by;
    if (page < 1 || page > (this.pages.get(this.leaf.file) || 1)) return;
    this._go({ file: this.leaf.file, page });
  }

  /** @param {Leaf} leaf */
  _go(leaf) {
    this.leaf = leaf;
    this._draw();
    this._tell("leaf");
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    const place = event.target instanceof Element ? event.target : null;
    const elsewhere = place?.closest("input, select, textarea, [role=menu]") || document.querySelector("dialog[open]");
    if (this.hidden || elsewhere || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    const down = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key in STEPS) this._step(STEPS[event.key]);
    else if (down) this.sheet?.scrollBy(0, down * SCROLL);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }
}

customElements.define("material-viewer", MaterialViewer);
