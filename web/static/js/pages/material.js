// Materials in a session: the viewer over the big picture follows the chair, or leafs by itself.
// Loaded when a material is first opened.

import { MaterialViewer } from "../elements/material-viewer.js";
import { leafOf } from "../lib/materials.js";

/** @import { Leaf, Materials } from "../lib/materials.js" */
/** @import { State } from "../lib/protocol.js" */

/**
 * @typedef {object} Lead what a page does that shows material to all
 * @property {(item: number, leaf: Leaf) => Promise<boolean>} show whether it was carried out
 * @property {() => Promise<unknown>} hide
 */

const SAID_WITHIN_MS = 1000;

export class MaterialDesk {
  /**
   * @param {HTMLElement} place the big picture
   * @param {Materials} materials
   * @param {() => Lead | null} lead null while this page only follows
   */
  constructor(place, materials, lead) {
    this.materials = materials;
    this.lead = lead;
    this.viewer = new MaterialViewer();
    /** Where this venue has leafed to; null while it follows. @type {Leaf | null} */
    this.own = null;
    this.open = false;
    this.item = -1;
    /** Whether the chair showed something when we looked last. */
    this.shown = false;
    /** @type {State | null} */
    this.state = null;
    place.append(this.viewer);
    this.viewer.address = (key) => materials.address(key);
    this.viewer.addEventListener("leaf", () => this._leafed());
    this.viewer.addEventListener("follow", () => this._follow());
    this.viewer.addEventListener("close", () => this._closed());
  }

  /** A person wants to see the present item's material, or no longer. */
  toggle() {
    if (!this.state) return;
    if (this.open) {
      this.viewer.close();
      return;
    }
    this.open = true;
    this.own = null;
    const leaf = leafOf(this.materials.files(this.state.item), this.state.material, null);
    const lead = this.lead();
    if (lead && leaf && this.state.material.item < 0) this._show(lead, leaf);
    this.update(this.state);
    this.viewer.sheet?.focus();
  }

  /**
   * @param {State | null} state null while no session is open
   */
  update(state) {
    this.state = state;
    const shown = Boolean(state && state.material.item >= 0);
    if (!state || state.item !== this.item || isShown(state, this.own)) this.own = null;
    if (shown && (!this.shown || state?.item !== this.item)) {
      this.open = true;
      this.own = null;
    }
    if (!shown && this.shown && !this.own) this.open = false;
    this.shown = shown;
    this.item = state ? state.item : -1;
    const files = state ? this.materials.files(state.item) : [];
    const leaf = state && leafOf(files, state.material, this.own);
    if (!this.open || !leaf) {
      this.viewer.hide();
      this.open = this.open && shown;
      return;
    }
    this.viewer.show(files, leaf, shown && this.own !== null && !this.lead());
  }

  _leafed() {
    const lead = this.lead();
    this.own = this.viewer.leaf;
    if (lead) this._show(lead, this.own);
    else if (this.state) this.update(this.state);
  }

  /**
   * Show a page to all; until the server has said so this page keeps to it by itself.
   * @param {Lead} lead
   * @param {Leaf} leaf
   */
  async _show(lead, leaf) {
    if (!this.state) return;
    this.own = leaf;
    if (await lead.show(this.state.item, leaf)) await new Promise((later) => setTimeout(later, SAID_WITHIN_MS));
    if (this.own === leaf) this._follow();
  }

  _follow() {
    this.own = null;
    this.update(this.state);
  }

  _closed() {
    this.open = false;
    this.own = null;
    const lead = this.lead();
    if (lead && this.state && this.state.material.item >= 0) lead.hide();
  }
}

/**
 * @param {State} state
 * @param {Leaf | null} leaf
 */
function isShown(state, leaf) {
  return leaf !== null && state.material.file === leaf.file && state.material.page === leaf.page;
}
