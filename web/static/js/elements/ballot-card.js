// <ballot-card>: the vote that is open, or its result. Fires "cast" with the choice's index as
// detail, and for whoever works the controls "close" and "clear".

import { el, icon, say } from "../lib/el.js";
import { t } from "../lib/words.js";

/** @import { BallotNow } from "../lib/protocol.js" */

/** Drawn anew only when the ballot changes, so that a key is never moved under a finger. */
export class BallotCard extends HTMLElement {
  connectedCallback() {
    /** What was drawn last. @type {string | undefined} */
    this.drawn = "";
    this.hidden = true;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", t("表决"));
  }

  /**
   * @param {BallotNow} ballot
   * @param {number} expected how many may vote
   * @param {{venue?: number, controls?: boolean}} viewer the venue that may vote here; whether to
   *   offer the controls
   */
  show(ballot, expected, { venue = 0, controls = false }) {
    const key = JSON.stringify([ballot, expected, venue, controls]);
    if (key === this.drawn) return;
    this.drawn = key;
    this.hidden = !ballot.number;
    const held = document.activeElement instanceof HTMLElement && this.contains(document.activeElement);
    const does = held ? /** @type {HTMLElement} */ (document.activeElement).dataset.does : "";
    this.replaceChildren(...(ballot.number ? this._draw(ballot, expected, venue, controls) : []));
    const same = does && this.querySelector(`[data-does="${does}"]`);
    if (same instanceof HTMLElement) same.focus();
  }

  /**
   * @param {BallotNow} ballot
   * @param {number} expected
   * @param {number} venue
   * @param {boolean} controls
   */
  _draw(ballot, expected, venue, controls) {
    const kind = ballot.secret ? t("不记名表决") : t("记名表决");
    const state = ballot.closed ? t("表决结果") : t("正在表决");
    const parts = [
      el("p", { class: "ballot__kind" }, icon("i-approve"), `${state} · ${kind}`),
      el("p", { class: "ballot__text", role: "status" }, ballot.text),
    ];
    const mine = venue > 0 && !ballot.closed;
    // what becomes of the vote stands before its keys: below them a long question may push it out
    if (mine) parts.push(el("p", { class: "note" }, noteOf(ballot, venue)), this._keys(ballot, venue));
    else parts.push(this._result(ballot, expected));
    if (controls) parts.push(this._controls(ballot));
    return parts;
  }

  /**
   * @param {BallotNow} ballot
   * @param {number} venue
   */
  _keys(ballot, venue) {
    const own = choiceOf(ballot, venue);
    const over = ballot.secret && ballot.voted.includes(venue);
    const keys = ballot.choices.map((choice, index) => {
      const key = el("button", { type: "button", class: "btn btn--l ballot__key", "data-does": String(index) }, choice);
      key.setAttribute("aria-pressed", String(own === index));
      key.disabled = over;
      key.onclick = () => this.dispatchEvent(new CustomEvent("cast", { detail: index }));
      return key;
    });
    return el("div", { class: "ballot__keys" }, ...keys);
  }

  /**
   * @param {BallotNow} ballot
   * @param {number} expected
   */
  _result(ballot, expected) {
    const known = ballot.counts.length > 0;
    const rows = ballot.choices.map((choice, index) => {
      const row = el("li", {}, el("span", {}, choice));
      if (!known) return row;
      const share = el("progress", { max: String(Math.max(1, expected)), value: String(ballot.counts[index]) });
      share.setAttribute("aria-label", choice);
      row.append(share, el("b", {}, t("{n} 票", { n: ballot.counts[index] })));
      return row;
    });
    const voted = el("p", { class: "note" });
    say(voted, t("应投 {expected} 家，已投 {n} 家", { expected, n: ballot.voted.length }));
    return el("div", {}, el("ul", { class: "ballot__result" }, ...rows), voted);
  }

  /** @param {BallotNow} ballot */
  _controls(ballot) {
    const [does, words] = ballot.closed ? ["clear", t("收起结果")] : ["close", t("结束表决，公布结果")];
    const key = el("button", { type: "button", class: "btn btn--primary", "data-does": does }, words);
    key.onclick = () => this.dispatchEvent(new CustomEvent(does));
    return el("div", { class: "row row--end" }, key);
  }
}

/**
 * @param {BallotNow} ballot
 * @param {number} venue
 */
function choiceOf(ballot, venue) {
  return ballot.voices.find((voice) => voice.venue === venue)?.choice ?? -1;
}

/**
 * @param {BallotNow} ballot
 * @param {number} venue
 */
function noteOf(ballot, venue) {
  if (!ballot.voted.includes(venue)) {
    return ballot.secret ? t("谁投了什么，谁也查不到。投了不能改。") : t("各家投了什么，记在会议记录里。");
  }
  return ballot.secret ? t("已投票。") : t("已投票，结束前可以改。");
}

customElements.define("ballot-card", BallotCard);
