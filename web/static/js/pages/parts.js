// What both live pages do alike: views, sound, camera trouble, the line being mended.

import { stayAwake, troubleWords } from "../lib/devices.js";
import { need, say, setIcon, watch } from "../lib/el.js";
import { canConnect } from "../lib/rtc.js";
import { t } from "../lib/words.js";

/** @import { Devices } from "../lib/devices.js" */
/** @import { Materials } from "../lib/materials.js" */
/** @import { MediaLink } from "../lib/rtc.js" */
/** @import { Signal } from "../lib/signal.js" */
/** @import { Lead, MaterialDesk } from "./material.js" */
/** @import { State } from "../lib/protocol.js" */

const body = document.body;

/**
 * @template {Element} Kind
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export const part = (selector, kind) => need(document, selector, kind);

/**
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
export const all = (selector) => Array.from(document.querySelectorAll(selector));

/**
 * Show one view of the page and hide the others.
 * @param {string} name
 */
export function showView(name) {
  for (const view of all("[data-view]")) view.hidden = view.dataset.view !== name;
  body.dataset.phase = name;
}

/**
 * Let every control named `data-do` do what it says.
 * @param {Record<string, (button: HTMLButtonElement, event: MouseEvent) => void>} deeds
 */
export function wire(deeds) {
  for (const button of all("button[data-do]")) {
    const deed = deeds[button.dataset.do || ""];
    if (deed && button instanceof HTMLButtonElement) button.onclick = (event) => deed(button, event);
  }
}

/**
 * Show the calm page: one sentence, what follows from it, at most one button.
 * @param {string} icon
 * @param {string} title
 * @param {string} words
 * @param {{words: string, run: () => void} | null} [button]
 */
export function showCalm(icon, title, words, button = null) {
  const view = part("[data-view=calm]", HTMLElement);
  const [heading, key] = [need(view, "h1", HTMLElement), need(view, "button", HTMLButtonElement)];
  const before = body.dataset.phase;
  setIcon(view, icon);
  say(heading, title);
  say(need(view, "p", HTMLElement), words);
  key.hidden = !button;
  if (button) {
    say(key, button.words);
    key.onclick = button.run;
  }
  showView("calm");
  if (before !== "calm") heading.focus();
}

/** Whether camera and microphone have been asked for: with them open, browsers let sound out. */
let asked = false;

/**
 * Play what has come; where the browser first wants a click, ask for it with one large button.
 * @param {HTMLMediaElement[]} media
 */
export function play(media) {
  const start = part(".start", HTMLElement);
  for (const one of media) {
    one.play().catch((error) => {
      if (error.name !== "NotAllowedError" || !asked || !start.hidden) return;
      start.hidden = false;
      need(start, "button", HTMLButtonElement).focus();
    });
  }
}

/** Play everything that has a stream: the click has come, or the microphone is open. */
export function playEverything() {
  asked = true;
  part(".start", HTMLElement).hidden = true;
  play(
    all("video, audio").filter(
      /** @returns {one is HTMLMediaElement} */
      (one) => one instanceof HTMLMediaElement && one.srcObject !== null,
    ),
  );
}

/** @returns {HTMLAudioElement[]} the places where voices are played, in slot order */
export function voices() {
  return /** @type {HTMLAudioElement[]} */ (all("audio[data-voice]"));
}

/**
 * Show the own picture, and in words what keeps the others from seeing or hearing us.
 * @param {Devices} devices
 * @param {boolean} isMain
 */
export async function showOwn(devices, isMain) {
  await loaded;
  for (const video of /** @type {HTMLVideoElement[]} */ (all("video[data-own]"))) {
    watch(video, devices.stream);
  }
  body.classList.toggle("unseen", Boolean(devices.camera));
  const words = troubleWords(devices, isMain);
  for (const banner of all("[data-trouble]")) {
    banner.hidden = !words;
    say(need(banner, "p", HTMLElement), words);
    need(banner, "button", HTMLButtonElement).hidden = devices.camera === "insecure";
  }
  playEverything();
}

/**
 * Show the chair's line of text over the big picture.
 * @param {State} state
 */
export function showBanner(state) {
  const line = part("[data-banner]", HTMLElement);
  line.hidden = !state.banner;
  line.parentElement?.classList.toggle("big--line", Boolean(state.banner));
  say(line, state.banner);
  keepRoom.observe(line);
}

/** What stands below the line begins where it ends, however many rows it has. */
const keepRoom = new ResizeObserver((seen) => {
  for (const { target } of seen) {
    const big = /** @type {HTMLElement | null} */ (target.parentElement);
    big?.style.setProperty("--line-up", `${/** @type {HTMLElement} */ (target).offsetHeight}px`);
  }
});

/**
 * Say over the big picture that the line is being mended; nothing when `attempts` is 0.
 * @param {number} attempts
 * @param {boolean} [recorded] whether attendance has begun; it goes on meanwhile
 */
export function showMending(attempts, recorded = true) {
  const place = part(".again", HTMLElement);
  place.hidden = attempts === 0;
  if (attempts) say(need(place, "p", HTMLElement), recorded ? mendingWords(attempts) : beginningWords(attempts));
}

/** @param {number} attempts */
function beginningWords(attempts) {
  return t("还没有接通，正在自动重试（第 {attempt} 次）。您不用操作，接通以后自动开始记考勤。", { attempt: attempts });
}

/** @param {number} attempts */
export function mendingWords(attempts) {
  return t("网络断了，正在自动重连（第 {attempt} 次）。您不用操作，考勤照记。", { attempt: attempts });
}

/** Go where pictures show how to change to a browser that can take part. */
export function leadToAnotherBrowser() {
  location.replace(`/browser?next=${encodeURIComponent(location.pathname)}`);
}

/**
 * Settled once the page counts as loaded. Pictures and sound are put into their places only then:
 * one yet to come would hold that up, and the sign of loading would turn until somebody speaks.
 * @type {Promise<void>}
 */
const loaded = new Promise((resolve) => {
  if (document.readyState === "complete") resolve();
  else window.addEventListener("load", () => setTimeout(resolve, 0));
});

/**
 * Show a stream in its place and play it, as soon as the page may.
 * @param {HTMLMediaElement} place
 * @param {MediaStream} stream
 */
export function show(place, stream) {
  loaded.then(() => {
    watch(place, stream);
    play([place]);
  });
}

/**
 * Let the page live until it goes.
 * @param {Signal} signal
 * @param {MediaLink} media
 * @param {() => void} draw
 * @param {() => void} begin
 */
export function live(signal, media, draw, begin) {
  if (!canConnect()) {
    signal.stopped = true;
    leadToAnotherBrowser();
    return;
  }
  begin();
  signal.start();
  stayAwake();
  setInterval(draw, 500);
  window.addEventListener("pagehide", () => {
    media.stop();
    signal.stop();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  window.addEventListener("online", () => {
    signal.hurry();
    media.hurry();
  });
  window.addEventListener("resize", draw);
}

/** The viewer of materials; its script is loaded when something is first shown in it. */
export class MaterialPlace {
  /**
   * @param {HTMLElement} place the big picture
   * @param {Materials} materials
   * @param {() => Lead | null} lead see `MaterialDesk`
   */
  constructor(place, materials, lead) {
    this.place = place;
    this.materials = materials;
    this.lead = lead;
    /** @type {State | null} */
    this.state = null;
    /** @type {MaterialDesk | null} */
    this.desk = null;
    /** @type {Promise<void> | null} */
    this.coming = null;
  }

  /** @param {State | null} state */
  update(state) {
    this.state = state;
    if (this.desk) this.desk.update(state);
    else if (state && state.material.item >= 0 && this.materials.files(state.item).length) this._load();
  }

  async toggle() {
    await this._load();
    this.desk?.toggle();
  }

  _load() {
    if (!this.coming) this.coming = this._fetch().catch(() => void (this.coming = null));
    return this.coming;
  }

  async _fetch() {
    const { MaterialDesk } = await import("./material.js");
    this.desk = new MaterialDesk(this.place, this.materials, this.lead);
    this.desk.update(this.state);
  }
}

/** @returns {string} the address of the websocket on the host that served this page */
export function socketAddress() {
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/ws`;
}
