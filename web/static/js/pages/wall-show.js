// The wall's controls over what is on the screens: broadcast, watch, carousel, layouts, sharing, and
// calling the missing. They send commands; what is on is told by the state.

import { need, say } from "../lib/el.js";
import { CAROUSEL_SECONDS, labels, LAYOUTS, missing, missingWords, onLeave } from "../lib/hall-show.js";
import { MAIN, titleOf, venueOf } from "../lib/room.js";
import { ScreenShare } from "../lib/share.js";
import { t } from "../lib/words.js";

/** @import { ActionToast } from "../elements/action-toast.js" */
/** @import { Choice, ChoiceMenu } from "../elements/choice-menu.js" */
/** @import { Called, CommandName, State } from "../lib/protocol.js" */

/**
 * @typedef {object} Page what these controls need of the page they stand on
 * @property {HTMLElement} hall
 * @property {ChoiceMenu} menu
 * @property {ActionToast} toast
 * @property {() => State | null} state
 * @property {(type: CommandName, fields?: Record<string, unknown>) => Promise<boolean>} command
 * @property {string} offers where media offers are posted
 * @property {Record<string, string>} headers that prove who this is
 * @property {string} screen address of the second screen
 */

/** Everything between 广播会场 and 共享材料, and 呼叫未到. */
export class WallShow {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    /** Whether the state has shown our screen, so that its end can be told from its beginning. */
    this.seen = false;
    this.share = new ScreenShare(page.offers, page.headers, (_sharing, refused) => {
      this.seen = false;
      if (refused) page.toast.show(t("现在不能共享，请稍后再试。"));
    });
  }

  /** What the page's buttons do, by their `data-do`. */
  get deeds() {
    return {
      broadcast: this._on((state, button) => this._broadcast(state, button)),
      watch: this._on((state, button) => this._watch(state, button)),
      carousel: this._on((state, button) => this._carousel(state, button)),
      layout: this._on((state, button) => this._layout(state, button)),
      share: this._on((state) => this._share(state)),
      call: this._on((state, button) => this._callMissing(state, button)),
    };
  }

  /** @param {(state: State, button: HTMLButtonElement) => void} deed */
  _on(deed) {
    return (/** @type {HTMLButtonElement} */ button) => {
      const state = this.page.state();
      if (state) deed(state, button);
    };
  }

  /** @param {State} state */
  draw(state) {
    const { show } = state;
    const words = labels(state);
    const on = {
      broadcast: show.broadcast >= 0,
      watch: show.watched >= 0,
      carousel: show.carousel_seconds > 0,
      layout: show.layout !== "1" || show.wall_layout !== "1",
      share: show.sharing >= 0,
    };
    for (const [name, text] of Object.entries(words)) {
      const button = need(this.page.hall, `[data-do=${name}]`, HTMLButtonElement);
      say(need(button, "span", HTMLElement), text);
      if (name in on) button.setAttribute("aria-pressed", String(on[/** @type {keyof typeof on} */ (name)]));
    }
    need(this.page.hall, "[data-do=call]", HTMLButtonElement).disabled = missing(state).length === 0;
    this._noteSharing(show.sharing === MAIN);
  }

  /**
   * The chair, or a newer screen, may end ours; then it must not come back by itself.
   * @param {boolean} shown
   */
  _noteSharing(shown) {
    if (this.share.sharing && this.seen && !shown) this.share.stop();
    this.seen = this.share.sharing && (this.seen || shown);
  }

  /** @param {Called} called */
  told(called) {
    const state = this.page.state();
    const venue = state ? titleOf(state, called.venue) : "";
    this.page.toast.show(
      called.reached
        ? t("已呼叫 {venue}，对方电脑正在响铃", { venue })
        : t("{venue} 的页面没有打开，响不了铃，请打电话。", { venue }),
    );
  }

  /**
   * Return what can be done with a venue on the screens now, for its tile's menu.
   * @param {State} state
   * @param {number} number
   * @returns {Choice[]}
   */
  choices(state, number) {
    const { command } = this.page;
    const { show } = state;
    if (venueOf(state, number)?.state !== "connected") {
      return [{ words: t("呼叫"), run: () => command("venue.call", { venue: number }) }];
    }
    const may = show.may_share.includes(number);
    return [
      show.broadcast === number
        ? { words: t("结束广播"), run: () => command("broadcast.end") }
        : { words: t("广播给全场"), run: () => this._put("broadcast", number) },
      show.watched === number
        ? { words: t("结束选看"), run: () => command("watch.end") }
        : { words: t("选看"), run: () => this._put("watch", number) },
      may
        ? { words: t("不再让它共享材料"), run: () => command("content.forbid", { venue: number }) }
        : { words: t("让它共享材料"), run: () => command("content.allow", { venue: number }) },
    ];
  }

  /**
   * @param {"broadcast" | "watch"} what
   * @param {number} venue
   */
  async _put(what, venue) {
    const state = this.page.state();
    if (!state || !(await this.page.command(`${what}.set`, { venue }))) return;
    const words = { venue: titleOf(state, venue) };
    const text = what === "broadcast" ? t("正在向全场广播 {venue}", words) : t("大屏正在看 {venue}，别处不变", words);
    this.page.toast.show(text, () => this.page.command(`${what}.end`));
  }

  /**
   * @param {State} state
   * @param {HTMLButtonElement} button
   */
  _broadcast(state, button) {
    if (state.show.broadcast >= 0) this.page.command("broadcast.end");
    else this._pick(state, button, "broadcast", t("广播哪个会场"), MAIN);
  }

  /**
   * @param {State} state
   * @param {HTMLButtonElement} button
   */
  _watch(state, button) {
    if (state.show.watched >= 0) this.page.command("watch.end");
    else this._pick(state, button, "watch", t("大屏看哪个会场"), MAIN + 1);
  }

  /**
   * Offer the venues that are here, in order of number.
   * @param {State} state
   * @param {HTMLButtonElement} button
   * @param {"broadcast" | "watch"} what
   * @param {string} title
   * @param {number} first
   */
  _pick(state, button, what, title, first) {
    const here = state.venues.filter((venue) => venue.number >= first && venue.state === "connected");
    const choices = here.map(({ number }) => ({ words: titleOf(state, number), run: () => this._put(what, number) }));
    if (choices.length) this.page.menu.open(button, title, choices, choices.length > 9 ? 4 : 1);
    else this.page.toast.show(t("还没有会场到会。"));
  }

  /**
   * @param {State} state
   * @param {HTMLButtonElement} button
   */
  _carousel(state, button) {
    const { command, menu } = this.page;
    const { show } = state;
    if (show.carousel_seconds) {
      const going = show.carousel_paused
        ? { words: t("继续"), run: () => command("carousel.resume") }
        : { words: t("停在这里"), run: () => command("carousel.pause") };
      menu.open(button, t("轮巡"), [going, { words: t("结束轮巡"), run: () => command("carousel.end") }]);
      return;
    }
    const choices = CAROUSEL_SECONDS.flatMap((seconds) => [
      { words: t("大屏 {n} 秒", { n: seconds }), run: () => command("carousel.start", { seconds, at: "wall" }) },
      { words: t("全场 {n} 秒", { n: seconds }), run: () => command("carousel.start", { seconds, at: "all" }) },
    ]);
    menu.open(button, t("一家一家轮着看，没到的跳过"), choices, 2);
  }

  /**
   * @param {State} state
   * @param {HTMLButtonElement} button
   */
  _layout(state, button) {
    const { command, menu, screen } = this.page;
    const { show } = state;
    /** @type {Choice[]} */
    const choices = LAYOUTS.flatMap((layout) => [
      {
        words: layout === "1" ? t("全场：一个大画面") : t("全场：{n} 画面", { n: layout }),
        run: () => command("layout.set", { layout, at: "all" }),
        chosen: show.layout === layout,
      },
      layout === "33"
        ? { words: t("第二块屏：全部小画面"), run: () => window.open(`${screen}?show=tiles`) }
        : {
            words: layout === "1" ? t("大屏：一个大画面") : t("大屏：{n} 画面", { n: layout }),
            run: () => command("layout.set", { layout, at: "wall" }),
            chosen: show.wall_layout === layout,
          },
    ]);
    choices.push(
      show.may_choose
        ? { words: t("不让各会场自己选"), run: () => command("layout.forbid") }
        : { words: t("让各会场自己选"), run: () => command("layout.allow") },
      { words: t("第二块屏：大画面"), run: () => window.open(screen) },
    );
    menu.open(button, t("多画面"), choices, 2);
  }

  /** @param {State} state */
  _share(state) {
    if (this.share.sharing) this.share.stop();
    else if (state.show.sharing >= 0) this.page.command("content.stop");
    else this.share.start();
  }

  /**
   * @param {State} state
   * @param {HTMLButtonElement} button
   */
  _callMissing(state, button) {
    const { command, menu } = this.page;
    const gone = missing(state);
    const choices = [...gone, ...onLeave(state)].map((venue) => ({
      words: missingWords(venue),
      run: () => command("venue.call", { venue: venue.number }),
    }));
    const all = { words: t("全部呼叫"), run: () => gone.forEach(({ number }) => command("venue.call", { venue: number })) };
    if (gone.length) menu.open(button, t("没到的会场，点一下呼叫"), [all, ...choices], choices.length > 8 ? 3 : 1);
  }
}
