// The branch venue's page: waits for the session, joins by itself, and never needs a second click.

import { ActionToast } from "../elements/action-toast.js";
import { AgendaClock } from "../elements/agenda-clock.js";
import { PicturePanes } from "../elements/picture-panes.js";
import { TwoTruths } from "../elements/two-truths.js";
import { countDown, dayName, ServerClock, timeOfDay, weekday } from "../lib/clock.js";
import { DeviceKeeper } from "../lib/devices.js";
import { need, say, setIcon } from "../lib/el.js";
import { branchNews, callOf, partOf } from "../lib/news.js";
import { Materials } from "../lib/materials.js";
import { freshClientId } from "../lib/retry.js";
import { asksBeside, floorButton, MAIN, placeInQueue, promptLeft, titleOf, venueOf } from "../lib/room.js";
import { MediaLink } from "../lib/rtc.js";
import { flagWords, largePane } from "../lib/show.js";
import { Signal } from "../lib/signal.js";
import { t } from "../lib/words.js";
import * as parts from "./parts.js";

/** @import { State, View, Waiting, Truth, Message, CommandName } from "../lib/protocol.js" */
/** @import { ScreenShare } from "../lib/share.js" */

const THANKS_FOR_MS = 60_000;
const ASK_WHAT_IS_NEXT_MS = 60_000;
const LEFT_FOR_GOOD_MS = 20_000;
const HOUR_S = 3600;
/** What a page joins with: each further slot makes joining slower, so more come with the need. */
const FIRST_PICTURES = 2;
const { token = "", number: numeral = "", csrf = "", open } = document.body.dataset;
const here = Number(numeral);
const clock = new ServerClock();

const bigVideo = parts.part("video[data-big]", HTMLVideoElement);
const room = parts.part("[data-view=room]", HTMLElement);
const waitingView = parts.part("[data-view=waiting]", HTMLElement);
const toast = parts.part("action-toast", ActionToast);
const help = parts.part("dialog.help", HTMLDialogElement);
/** What draws a vote, asked for with the first one. @type {Promise<typeof import("../elements/ballot-card.js")> | undefined} */
let ballots;
/** What marks a recording, asked for with the first one. @type {Promise<typeof import("../elements/recording-mark.js")> | undefined} */
let marks;

const materials = new Materials((session) => `/j/${token}/sessions/${session}/materials`, () => draw());
const material = new parts.MaterialPlace(need(room, ".big", HTMLElement), materials, () => null);

/** What is known now; the page is drawn from it. */
const known = {
  /** @type {State | null} */
  state: null,
  /** @type {Waiting | null} */
  waiting: null,
  /** @type {View | null} */
  view: null,
  /** @type {Truth | null} */
  truth: null,
  online: false,
  attempts: 0,
  mediaAttempts: 0,
  replaced: false,
  thankedAt: 0,
  /** When the call was that this page has rung for. */
  rungFor: 0,
};

/** @type {ReturnType<typeof setTimeout> | undefined} */
let comingBack;
/** @type {Promise<typeof import("./sign.js")> | undefined} */
let signing;
const client = freshClientId();
const signal = new Signal(parts.socketAddress(), { client, token }, { message: hear, link, unknown });
const [offers, headers] = [`/rtc?client=${client}`, { Authorization: `Bearer ${token}` }];
/** The pictures by their slots. @type {MediaStream[]} */
const pictures = [];
/** @type {MediaStream | null} */
let own = null;
/** What brings further pictures, asked for with the first view that has them. @type {Promise<import("../lib/rtc.js").MediaLink | void> | undefined} */
let more;
/** The screen that this venue shares, once it may. @type {ScreenShare | null} */
let share = null;
let shareSeen = false;
const media = new MediaLink(offers, headers, FIRST_PICTURES, {
  slot(kind, slot, stream) {
    if (kind === "video") pictures[slot] = stream;
    if (kind === "video" && slot > 0) return;
    parts.show(kind === "video" ? bigVideo : parts.voices()[slot], stream);
  },
  state(_state, attempts) {
    known.mediaAttempts = attempts;
    if (attempts === 1) signal.renew();
    draw();
  },
  refused(code) {
    if (code === "place_taken") giveWay();
    return code !== "place_taken";
  },
});
const devices = new DeviceKeeper((found) => {
  media.publish(found.stream);
  parts.showOwn(found, false);
  own = found.stream;
  check("camera", !found.camera, found.camera ? t("主会场还看不到您") : t("摄像头正常"));
  check("microphone", !found.microphone, found.microphone ? t("大家还听不见您") : t("话筒正常"));
});

/** @param {Message} message */
function hear(message) {
  if ("now_ms" in message) clock.heard(message.now_ms);
  switch (message.type) {
    case "welcome":
      materials.load(message.session);
      break;
    case "materials":
      materials.load();
      break;
    case "state":
      tellNews(known.state, message);
      answerCall(message);
      known.state = message;
      known.thankedAt = 0;
      if (!known.replaced) media.start();
      if (venueOf(message, here)?.state === "lost") media.doubt();
      break;
    case "waiting":
      known.waiting = message;
      leave();
      break;
    case "check":
      if (!known.state && !known.replaced) location.assign(`/check/${token}?by=office`);
      break;
    case "ended":
      known.thankedAt = clock.now();
      known.waiting = null;
      leave();
      break;
    case "view":
      known.view = message;
      break;
    case "truth":
      known.truth = message;
      break;
    case "replaced":
      giveWay();
      break;
    case "place":
      clearTimeout(comingBack);
      if (message.held === "free" && known.replaced) comingBack = setTimeout(comeBack, LEFT_FOR_GOOD_MS);
      break;
    default:
  }
  draw();
}

/**
 * @param {boolean} up
 * @param {number} attempts
 */
function link(up, attempts) {
  known.online = up;
  known.attempts = attempts;
  // what was recorded stays recorded; whether we are seen is for the server to say anew
  if (!up && known.truth) known.truth = { ...known.truth, seen: false, heard: false };
  check("network", up, up ? t("和街道的服务器连着") : parts.mendingWords(attempts));
  draw();
}

function unknown() {
  stopMedia();
  parts.showCalm("i-key", t("这个入会地址已经停用"), t("请用电话找会务，换一个新的地址。"));
}

function leave() {
  known.state = null;
  share?.stop();
  material.update(null);
  known.truth = null;
  stopMedia();
}

function giveWay() {
  known.replaced = true;
  stopMedia();
}

function stopMedia() {
  media.stop();
  more?.then((link) => link?.stop());
  more = undefined;
}

/** The other PC has been gone for longer than any mending takes: this one takes the place again. */
function comeBack() {
  known.replaced = false;
  if (known.state) media.start();
}

function draw() {
  if (signal.stopped) return;
  if (known.replaced) drawReplaced();
  else if (known.state) drawRoom(known.state);
  else drawWaiting();
}

function drawReplaced() {
  // an id that was sent away may not push back in; a fresh page has a fresh one
  parts.showCalm("i-out", t("本会场已在另一台电脑入会"), t("这台电脑不再出声、出画面。考勤只记一份，不受影响。"), {
    words: t("换回这台电脑"),
    run: () => location.reload(),
  });
}

/**
 * Say what is new for this branch, and ring for who is called in now.
 * @param {State | null} before
 * @param {State} after
 */
function tellNews(before, after) {
  const news = branchNews(before, after, here);
  if (news) toast.show(news);
  const part = partOf(after, here);
  const called = before !== null && before.called_in_ms !== after.called_in_ms;
  if (called && part.ring) ring(part.words);
}

/**
 * Ring once for each call of the main venue; the state tells of it, also on a line that is new.
 * @param {State} state
 */
function answerCall(state) {
  const call = callOf(state, here, clock.now());
  if (call <= known.rungFor) return;
  known.rungFor = call;
  ring(t("主会场在叫您，请到镜头前"));
  media.hurry();
}

/** @param {State} state */
function drawRoom(state) {
  const own = venueOf(state, here);
  const heads = own ? own.heads : -1;
  parts.showView("room");
  signing ||= import("./sign.js");
  signing.then((page) => page.show(state.session)).catch(() => (signing = undefined));
  tell(room, "[data-title]", state.title);
  tell(room, "[data-span]", `${timeOfDay(state.starts_ms)} – ${timeOfDay(state.ends_ms)}`);
  need(room, "two-truths", TwoTruths).show(known.truth, known.online, heads);
  need(room, "agenda-clock", AgendaClock).show(state, clock.now());
  parts.showMending(known.mediaAttempts, known.truth?.recorded_ms !== 0);
  drawBig(state);
  parts.showBanner(state);
  drawRecording(state);
  drawBallot(state);
  drawPart(state);
  drawShare(state);
  drawOwn(state, heads);
  drawButtons(state, heads);
}

/**
 * Ring with a large line; what rings is loaded with the first call.
 * @param {string} words
 */
function ring(words) {
  import("../elements/ring-bell.js").then(({ RingBell }) => parts.part("ring-bell", RingBell).ring(words));
}

/** @param {State} state */
function drawRecording(state) {
  if (state.recording.on) marks ||= import("../elements/recording-mark.js");
  marks?.then(({ RecordingMark }) => {
    need(room, "recording-mark", RecordingMark).show(state.recording, state.session, clock.now());
  });
}

/** @param {State} state */
function drawBallot(state) {
  if (state.ballot.number) ballots ||= import("../elements/ballot-card.js");
  ballots?.then(({ BallotCard }) => {
    need(room, "ballot-card", BallotCard).show(state.ballot, state.expected, { venue: here });
  });
}

/** @param {State} state */
function drawBig(state) {
  const { view } = known;
  const large = largePane(view);
  const shown = large ? large.venue : MAIN;
  const single = !view || view.layout === "1";
  if (view?.panes.some((pane) => pane.slot >= FIRST_PICTURES)) {
    more ||= import("../lib/more.js").then(
      (all) => all.watchMore(offers, headers, pictures, FIRST_PICTURES),
      () => void (more = undefined),
    );
  }
  need(room, ".big", HTMLElement).classList.toggle("big--many", !single);
  need(room, "picture-panes", PicturePanes).show(view, {
    slot: (slot) => pictures[slot] || null,
    own,
    name: (number) => (number === MAIN ? t("主会场") : venueOf(state, number)?.name || ""),
  });
  const place = shown === MAIN ? [t("主会场"), state.hall].filter(Boolean).join(" · ") : titleOf(state, shown);
  const item = state.items[state.item];
  tell(room, "[data-speaker]", flagWords(state, view, here));
  tell(room, "[data-place]", single ? place : "");
  tell(room, "[data-topic]", item ? t("{department}：{topic}", { department: item.department, topic: item.topic }) : "");
}

/**
 * Say who of this branch may leave and who is due next, for as long as that is so.
 * @param {State} state
 */
function drawPart(state) {
  const { words } = partOf(state, here);
  const place = need(room, "[data-part]", HTMLElement);
  place.hidden = !words;
  say(place, words);
}

/**
 * While the chair lets it share, the venue has a button for that in place of its head-count.
 * @param {State} state
 */
function drawShare(state) {
  const may = state.show.may_share.includes(here);
  const sharing = Boolean(share?.sharing);
  const shown = state.show.sharing === here;
  // the chair, or a newer screen, may have ended ours: then it must not come back by itself
  if (sharing && shareSeen && !shown) share?.stop();
  shareSeen = sharing && (shareSeen || shown);
  const button = need(room, "[data-do=share]", HTMLElement);
  button.hidden = !may;
  need(room, "[data-do=count]", HTMLElement).hidden = may;
  tell(button, ".act__words", sharing ? t("停止共享") : t("共享屏幕"));
  tell(button, "small", sharing ? t("全场都看到您的屏幕") : t("主会场已经同意"));
  for (const line of parts.all("[data-choose-layout]")) line.hidden = !state.show.may_choose;
}

async function toggleShare() {
  if (!share) {
    const { ScreenShare: Share } = await import("../lib/share.js");
    share = new Share(`${offers}&part=content`, headers, (_sharing, refused) => {
      shareSeen = false;
      if (refused) toast.show(t("现在不能共享，请稍后再试。"));
      draw();
    });
  }
  if (share.sharing) share.stop();
  else await share.start();
}

/**
 * @param {State} state
 * @param {number} heads
 */
function drawOwn(state, heads) {
  const open = Boolean(venueOf(state, here)?.mic);
  const speaking = state.floor === here;
  const tile = need(room, ".own", HTMLElement);
  tile.classList.toggle("venue--speaking", speaking && open);
  setIcon(need(tile, ".venue__flag", HTMLElement), open ? "i-mic" : "i-mic-off");
  tell(tile, "[data-mic]", open ? (speaking ? t("发言中") : t("话筒开着")) : t("静音中"));
  tell(tile, "[data-heads]", heads >= 0 ? t("{n} 人", { n: heads }) : "");
}

/**
 * @param {State} state
 * @param {number} heads
 */
function drawButtons(state, heads) {
  const does = floorButton(state, here, clock.now());
  const holds = state.floor === here;
  const button = need(room, "[data-do=floor]", HTMLElement);
  const looks = {
    ask: "act--go", asked: "act--asked", open: "act--open", closed: "act--closed", waits: "act--closed", here: "act--go", answered: "act--open", present: "act--go",
  };
  button.className = `act ${looks[does]}`;
  button.dataset.does = does;
  const icons = { ask: "i-hand", asked: "i-hand", open: "i-mic", closed: "i-mic-off", waits: "i-roll", here: "i-check", answered: "i-check", present: "i-people" };
  setIcon(button, icons[does]);
  const [words, note] = does === "present" ? presentWords(state) : floorWords(does, placeInQueue(state, here), holds);
  tell(button, ".act__words", words);
  tell(button, "small", note);
  const leads = state.chair.seat === `venue:${here}`;
  need(room, "[data-do=release]", HTMLElement).hidden = holds || !leads;
  drawAsking(state);
  drawMaterial(state, holds || leads);
  need(room, "[data-do=return]", HTMLElement).hidden = !holds;
  tell(room, "[data-recorded]", heads >= 0 ? t("现在记 {n} 人", { n: heads }) : t("还没有记"));
}

/**
 * Offer to ask for the floor beside the microphone, which all may open by themselves.
 * @param {State} state
 */
function drawAsking(state) {
  const place = placeInQueue(state, here);
  need(help, "[data-beside]", HTMLElement).hidden = !asksBeside(state, here);
  tell(help, "[data-place]", place ? t("已申请，排第 {place}", { place }) : t("想让全场都看到您讲？"));
  const button = need(help, "[data-do=beside]", HTMLElement);
  button.dataset.does = place ? "asked" : "ask";
  say(button, place ? t("不申请了") : t("申请发言"));
}

/**
 * @param {State} state
 * @param {boolean} busy whether this venue has the floor or leads: the button makes room then
 */
function drawMaterial(state, busy) {
  const button = need(room, "[data-do=material]", HTMLButtonElement);
  const n = materials.files(state.item).length;
  button.hidden = busy;
  button.disabled = n === 0;
  const note = state.items.length ? t("这一项没有材料") : t("这场会没有材料");
  tell(button, "small", n ? t("这一项有 {n} 份", { n }) : note);
  material.update(state);
}

/**
 * @param {State} state
 * @returns {[string, string]}
 */
function presentWords(state) {
  return [t("我们在"), t("会场有人，请点一下（还有 {n} 秒）", { n: promptLeft(state, here, clock.now()) })];
}

/**
 * @param {"ask" | "asked" | "open" | "closed" | "waits" | "here" | "answered"} does
 * @param {number} place in the queue
 * @param {boolean} holds whether this venue has the floor
 * @returns {[string, string]}
 */
function floorWords(does, place, holds) {
  switch (does) {
    case "here":
      return [t("到"), t("点到您了，说一声“到”，或者点这里")];
    case "answered":
      return [t("已应答"), t("主会场已经记下")];
    case "asked":
      return [t("已申请，排第 {place}", { place }), t("点一下取消")];
    case "open":
      return [t("话筒开着"), holds ? t("请讲，全场都听得见。点一下静音") : t("点一下静音")];
    case "closed":
      return [t("话筒关着"), place ? t("已申请，排第 {place}", { place }) : t("点一下打开，再讲")];
    case "waits":
      return [t("正在点名"), t("点完话筒恢复原样，您不用操作")];
    default:
      return [t("申请发言"), t("主会场同意后自动开话筒")];
  }
}

function drawWaiting() {
  const { waiting, thankedAt } = known;
  const now = clock.now();
  if (waiting?.check_ms && now >= waiting.check_ms) location.assign(`/check/${token}?by=timer`);
  tell(waitingView, "[data-now]", `${weekday(now)} ${timeOfDay(now)}`);
  if (thankedAt && now - thankedAt < THANKS_FOR_MS) {
    parts.showCalm("i-check", t("会开完了，谢谢大家"), nextWords(waiting, now));
    return;
  }
  parts.showView("waiting");
  tell(waitingView, "[data-heads]", "");
  if (!waiting) return;
  const coming = waiting.session > 0;
  tell(waitingView, "[data-next-label]", coming ? t("下一场会") : t("没有排定的会"));
  const title = coming ? waiting.title : t("可以安心走访");
  tell(waitingView, "[data-next-title]", title);
  const heading = need(waitingView, "[data-next-title]", HTMLElement);
  heading.className = ["", "long", "longer"][Math.min(2, Math.floor(width(title) / 17))];
  tell(waitingView, "[data-next-when]", coming ? whenWords(waiting, now) : t("有新的会，这里会自己显示。"));
  drawCountDown(waiting, now);
}

/**
 * @param {Waiting} waiting
 * @param {number} now
 */
function drawCountDown(waiting, now) {
  const left = (waiting.starts_ms - now) / 1000;
  const soon = left > 0 && left < 24 * HOUR_S;
  need(waitingView, ".cd", HTMLElement).classList.toggle("done", waiting.session === 0 || left >= 24 * HOUR_S);
  tell(waitingView, "[data-next-left]", soon ? countDown(left) : "");
  tell(waitingView, "[data-next-note]", soon ? t("后开会") : t("时间到了，等主会场开会。"));
}

/**
 * @param {Waiting} waiting
 * @param {number} now
 */
function whenWords(waiting, now) {
  const span = `${dayName(waiting.starts_ms, now)} ${timeOfDay(waiting.starts_ms)} – ${timeOfDay(waiting.ends_ms)}`;
  const shared = t("{items} 项拼 1 场", { items: waiting.items });
  return waiting.items > 1 ? `${span}　${shared}` : span;
}

/**
 * @param {Waiting | null} waiting
 * @param {number} now
 */
function nextWords(waiting, now) {
  if (!waiting || !waiting.session) return t("考勤已经记好。没有排定的下一场会。");
  // a date stays on one line
  const when = `${dayName(waiting.starts_ms, now)} ${timeOfDay(waiting.starts_ms)}`.replace(/ /g, "\u00a0");
  return t("考勤已经记好。下一场：{when} {title}", { when, title: waiting.title });
}

/**
 * Return a title's width in halves of a Chinese character.
 * @param {string} text
 */
function width(text) {
  return Array.from(text).reduce((sum, letter) => sum + (letter > "\u2e80" ? 2 : 1), 0);
}

/**
 * @param {ParentNode} place
 * @param {string} selector
 * @param {string} text
 */
function tell(place, selector, text) {
  say(need(place, selector, HTMLElement), text);
}

/**
 * @param {string} what
 * @param {boolean} good
 * @param {string} words
 */
function check(what, good, words) {
  const line = parts.part(`[data-check=${what}]`, HTMLElement);
  line.className = good ? "good" : "poor";
  setIcon(line, good ? "st-ok" : "st-warn");
  say(need(line, "span", HTMLElement), words);
}

/**
 * @param {CommandName} type
 * @param {Record<string, unknown>} [fields]
 * @returns {Promise<boolean>} whether it was carried out; a refusal is shown in words
 */
const command = (type, fields) =>
  signal.send(type, fields).then(
    () => true,
    (error) => (toast.show(error.message), false),
  );

/** Send what was written to the chair; it stays where it is until it has arrived. */
async function ask() {
  const field = parts.part("#question", HTMLInputElement);
  if (!field.value.trim() || !(await command("question.ask", { word: field.value }))) return;
  field.value = "";
  help.close();
  toast.show(t("已经送到主会场"));
}

/** @param {HTMLButtonElement} button */
async function useFloorButton(button) {
  if (button.dataset.does === "waits") return;
  /** @type {Record<string, CommandName>} */
  const commands = {
    ask: "floor.request", asked: "floor.withdraw", open: "mic.close", closed: "mic.open", here: "roll.here", answered: "roll.here",
    present: "prompt.answer",
  };
  button.setAttribute("aria-busy", "true");
  await command(commands[button.dataset.does || "ask"]);
  button.removeAttribute("aria-busy");
}

/** @param {Record<string, string>} choice */
function choose(choice) {
  const form = new URLSearchParams({ ...choice, csrf, next: location.pathname });
  return fetch("/choices", { method: "POST", body: form, redirect: "manual" });
}

/** @param {string} size */
function setType(size) {
  if (size === "0") delete document.documentElement.dataset.elder;
  else document.documentElement.dataset.elder = size;
  for (const button of parts.all("[data-size]")) {
    button.setAttribute("aria-pressed", String(button.dataset.size === size));
  }
  choose({ type_size: size });
  draw();
}

parts.wire({
  floor: useFloorButton,
  beside: useFloorButton,
  count: () => signing?.then((page) => page.count(known.state ? venueOf(known.state, here)?.heads ?? -1 : -1)),
  material: () => material.toggle(),
  return: () => command("floor.return"),
  release: () => command("chair.release"),
  share: toggleShare,
  layout: (button) => command("layout.choose", { layout: button.dataset.layout || "" }),
  help: () => help.showModal(),
  ask,
  devices: () => devices.open(),
  play: parts.playEverything,
  language: (button) => choose({ language: button.dataset.language || "" }).then(() => location.reload()),
});
parts.part("ballot-card", HTMLElement).addEventListener("cast", (event) => {
  if (event instanceof CustomEvent) command("ballot.cast", { choice: event.detail });
});
parts.part("head-count", HTMLElement).addEventListener("count", (event) => {
  if (event instanceof CustomEvent) command("head_count", { count: event.detail });
});
for (const button of parts.all("[data-size]")) button.onclick = () => setType(button.dataset.size || "0");

parts.live(signal, media, draw, () => {
  devices.open();
  if (open) media.start();
  setInterval(() => known.state || signal.renew(), ASK_WHAT_IS_NEXT_MS * (1 + Math.random() / 4));
});
