// What people do on the wall: commands, their undo, and the menus that offer them.

import { ActionToast } from "../elements/action-toast.js";
import { ChoiceMenu } from "../elements/choice-menu.js";
import { DeclineWord } from "../elements/decline-word.js";
import { chairDeeds, chairSign, handing } from "../lib/chair.js";
import { need, say } from "../lib/el.js";
import { promptWords } from "../lib/hall.js";
import { MAIN, NOBODY, placeInQueue, titleOf, venueOf } from "../lib/room.js";
import { Signal } from "../lib/signal.js";
import { t } from "../lib/words.js";

/** @import { Choice } from "../elements/choice-menu.js" */
/** @import { Deed } from "../lib/chair.js" */
/** @import { CommandName, State } from "../lib/protocol.js" */
/** @import { Known } from "./wall-face.js" */

const SURE_WITHIN_MS = 5000;
const PROMPT_MINUTES = [10, 20, 30, 0];

/**
 * @typedef {object} Page what the deeds need of the page
 * @property {Known} known
 * @property {Signal} signal
 * @property {() => number} now the server's time in unix milliseconds
 * @property {ActionToast} toast
 * @property {ChoiceMenu} menu
 * @property {DeclineWord} wording
 * @property {(state: State, venue: number) => Choice[]} choices what may be shown of a venue where
 */

/**
 * Return the deeds of the wall.
 * @param {Page} page
 */
export function wallDeeds({ known, signal, now, toast, menu, wording, choices: shows }) {
  /**
   * Send a command; what was done is said with an undo where there is one, a refusal in words.
   * @param {CommandName} type
   * @param {Record<string, unknown>} [fields]
   * @param {string} [done] what is said when it was carried out
   * @returns {Promise<boolean>} whether it was
   */
  async function command(type, fields, done = "") {
    try {
      const deed = await signal.send(type, fields);
      if (done) toast.show(done, deed ? () => command("undo", { deed }, t("已撤销")) : null);
      return true;
    } catch (error) {
      toast.show(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  /** @param {number} venue */
  async function give(venue) {
    if (known.state) await command("floor.give", { venue }, t("已请 {venue} 发言", { venue: titleOf(known.state, venue) }));
  }

  async function takeBack() {
    const venue = known.state ? known.state.floor : NOBODY;
    if (!known.state || venue <= MAIN) return;
    await command("floor.take_back", {}, t("已收回 {venue} 的发言", { venue: titleOf(known.state, venue) }));
  }

  /** @param {{venue: number, word: string}} detail */
  async function decline({ venue, word }) {
    if (!known.state) return;
    const done = t("已把 {venue} 移出队列，对方可以再申请", { venue: titleOf(known.state, venue) });
    await command("floor.decline", { venue, word }, done);
  }

  /** @param {HTMLElement} opener */
  function offerMute(opener) {
    if (known.state?.muted_all) return command("mute.lift", {}, t("各会场可以自己开话筒了"));
    const muted = t("已静音全场");
    return menu.open(opener, t("静音全场"), [
      { words: t("静音，发言要主会场同意"), run: () => command("mute.all", {}, muted) },
      { words: t("静音，可以自己再打开"), run: () => command("mute.all", { may_unmute: true }, muted) },
    ]);
  }

  /** @param {Deed} deed */
  const choiceOf = (deed) => ({ words: deed.words, run: () => command(deed.type, deed.fields, deed.done) });

  /** @param {HTMLElement} opener */
  function offerChair(opener) {
    if (!known.state) return;
    const deeds = chairDeeds(known.state.chair, known.own);
    const sign = chairSign(known.state.chair, known.own);
    menu.open(opener, sign.words, deeds.map(choiceOf));
  }

  /** @param {HTMLElement} opener */
  function offerRoll(opener) {
    if (!known.state || known.state.roll.named > MAIN) return;
    const missed = known.state.roll.answers.filter((one) => one.answer !== "answered").map((one) => one.venue);
    /**
     * @param {number[]} venues
     * @param {number} every
     */
    const start = (venues, every) => () => command("roll.start", { venues, every }, t("开始点名"));
    /** @type {Choice[]} */
    const choices = [
      { words: t("全部点名，我来点下一家"), run: start([], 0) },
      { words: t("全部点名，每 10 秒一家"), run: start([], 10) },
      { words: t("全部点名，每 20 秒一家"), run: start([], 20) },
    ];
    if (missed.length) choices.unshift({ words: t("补点没应答的 {n} 家", { n: missed.length }), run: start(missed, 0) });
    choices.push({ words: promptWords(known.state, now()), run: () => offerPrompts(opener) });
    menu.open(opener, t("点名时只开被点会场的话筒，点完恢复原样"), choices);
  }

  /** @param {HTMLElement} opener */
  function offerPrompts(opener) {
    if (!known.state) return;
    const { every } = known.state.prompt;
    const choices = PROMPT_MINUTES.map((minutes) => ({
      words: minutes ? t("大约每 {n} 分钟一次", { n: minutes }) : t("不随机点到"),
      chosen: minutes === every,
      run: () => command("prompt.pace", { minutes }, minutes ? t("会随机请各会场点“我们在”") : t("不再随机点到")),
    }));
    menu.open(opener, t("随机点到：会不定时请各会场点一下“我们在”，点没点都记下来"), choices);
  }

  /** @param {HTMLElement} opener */
  function offerPace(opener) {
    const { state } = known;
    if (!state) return;
    const goes_on = !state.goes_on;
    const choices = [
      {
        words: goes_on ? t("到点自动接下一项") : t("到点手动接下一项"),
        run: () => command("agenda.pace", { goes_on }, goes_on ? t("到点会自动接下一项") : t("到点由您接下一项")),
      },
      { words: t("叫下一项的人入座"), run: () => command("agenda.call_in", {}, t("已叫下一项的人入座，对方会场会响铃")) },
      { words: t("本项延 10 分"), run: () => command("agenda.extend", { minutes: 10 }, t("本项延长了 10 分")) },
    ];
    menu.open(opener, t("议题怎么接"), choices);
  }

  /**
   * Offer what can be done with a venue now.
   * @param {number} venue
   * @param {HTMLElement} opener
   */
  function offer(venue, opener) {
    const { state, operator } = known;
    const one = state && venueOf(state, venue);
    if (!state || !one || !operator) return;
    const choices = [];
    if (state.floor === venue) choices.push({ words: t("收回发言"), run: takeBack });
    else if (one.state === "connected") choices.push({ words: t("请发言"), run: () => give(venue) });
    const name = titleOf(state, venue);
    if (placeInQueue(state, venue)) choices.push({ words: t("移出队列"), run: () => wording.open(venue, name) });
    if (one.state === "connected" && state.roll.named <= MAIN) {
      const venues = [venue];
      choices.push({ words: t("点这一家的名"), run: () => command("roll.start", { venues }, t("开始点名")) });
      const seat = `venue:${venue}`;
      if (state.chair.seat !== seat) {
        choices.push(choiceOf(handing(seat, name)));
      }
    }
    choices.push(...shows(state, venue));
    menu.open(opener, name, choices);
  }

  /**
   * Ending cannot be undone, so it takes two presses in the same place; a double click is one press.
   * @param {HTMLButtonElement} button
   * @param {MouseEvent} event
   */
  function end(button, event) {
    const words = need(button, "span", HTMLElement);
    if (button.classList.contains("ctl--sure")) {
      if (event.detail < 2) command("session.end");
      return;
    }
    button.classList.add("ctl--sure");
    say(words, t("再按一次，结束全场"));
    setTimeout(() => {
      button.classList.remove("ctl--sure");
      say(words, t("结束会议"));
    }, SURE_WITHIN_MS);
  }

  return { command, give, takeBack, decline, offerMute, offerChair, offerRoll, offerPace, offer, end };
}
