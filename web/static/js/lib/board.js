// What the merge board shows and says, worked out from what the server answers. No page, no address.

import { t } from "./words.js";

/** @typedef {"AM" | "PM"} Half */
/**
 * @typedef {object} Item one request's part of a session; `request` is null where none was filed
 * @property {number | null} request
 * @property {string} number
 * @property {string} topic
 * @property {string} department
 * @property {number} minutes
 * @property {string} start
 * @property {boolean} pinned
 * @property {boolean} movable
 * @property {boolean} host
 */
/**
 * @typedef {object} Meeting a session as the board has it; `id` is null until it is published
 * @property {string} key
 * @property {number | null} id
 * @property {string} start
 * @property {number} minutes
 * @property {string} title
 * @property {string} posts_words
 * @property {number} committees
 * @property {boolean} standing
 * @property {"planned" | "scheduled" | "open" | "held"} state
 * @property {boolean} frozen
 * @property {boolean} changed
 * @property {number} free_minutes
 * @property {Item[]} items
 */
/** @typedef {{overrun: number, request: number, topic: string, department: string, minutes: number, date: string, half: Half, words: string}} Asked */
/** @typedef {{half: Half, closed: {code: string, words: string} | null, sessions: Meeting[]}} HalfDay */
/**
 * @typedef {object} Day
 * @property {string} date
 * @property {number} weekday 1 for Monday
 * @property {boolean} working
 * @property {boolean} makeup
 * @property {string} name
 * @property {{sent: boolean, count: number} | null} digest
 * @property {HalfDay[]} halves
 */
/** @typedef {{iso: string, days: Day[]}} Week */
/**
 * @typedef {object} Waiting
 * @property {number} request
 * @property {string} number
 * @property {string} topic
 * @property {number} minutes
 * @property {string} department
 * @property {string} audience_words
 * @property {boolean} urgent
 * @property {boolean} digestible
 * @property {"none" | "waiting" | "given"} approval
 * @property {string} why
 * @property {string} deadline
 */
/** @typedef {{committee: number, number: number, name: string, used: number, limit: number, over: number | boolean}} Warning */
/** @typedef {{sessions: number, trips: number}} Total */
/**
 * @typedef {object} Progress
 * @property {boolean} running
 * @property {number} seconds
 * @property {number | null} best in points, what a plan costs altogether
 * @property {number | null} bound in points
 * @property {number | null} gap in per cent of the best
 * @property {[number, number | null, number | null][]} points seconds, best, bound
 * @property {{better: boolean, sessions: number, trips: number, over: number, waiting: number} | null} found
 * @property {number | null} version of the working plan that the search began from
 * @property {Gain | null} [gain] what the best one has before the working plan
 */
/** @typedef {{trips: number, sessions: number, placed: number}} Gain fewer trips and sessions, more requests with a place */
/**
 * @typedef {object} State
 * @property {number} version
 * @property {number | null} published
 * @property {string} today
 * @property {{from: string, to: string}} span
 * @property {Week[]} weeks
 * @property {Waiting[]} waiting
 * @property {Warning[]} warnings
 * @property {{apart: Total, now: Total}} totals
 * @property {string[]} [moved] what the last change moved besides
 * @property {string | null} undo
 * @property {boolean} dirty
 * @property {{words: string} | null} [offer] what the night found
 * @property {Asked[]} [asked] what waits for a leader's signature
 * @property {{placed: number, committees: number, words: string} | null} [escalated] what a leader could let in
 * @property {Progress | null} [solver]
 */
/**
 * @typedef {object} Price of one half-day for one request; `over` is never legal, a leader may help
 * @property {string} date
 * @property {Half} half
 * @property {boolean} legal
 * @property {"free" | "costs" | "over" | "closed"} kind
 * @property {number} trips committees that would come for this request alone
 * @property {{words: string, points: number}[]} terms how the price of the whole plan would change
 * @property {string[]} rules
 * @property {boolean} best
 * @property {boolean} here
 */
/** @typedef {{date: string, legal: boolean, here: boolean, words: string}} DigestPrice */
/** @typedef {{request: number, cells: Price[], digest: DigestPrice | null, why?: string[]}} Prices */
/** @typedef {{key: string, date: string, half: Half, day: Day, halfDay: HalfDay}} Place */

/** @param {string} date @param {Half} half */
export const cellKey = (date, half) => `${date}|${half}`;

/** @param {string} date @param {number} days @returns {string} the date so many days later */
export function shifted(date, days) {
  const moment = new Date(`${date}T00:00:00Z`);
  moment.setUTCDate(moment.getUTCDate() + days);
  return moment.toISOString().slice(0, 10);
}

/** @param {string} date @returns {string} the Monday of its week */
export function mondayOf(date) {
  return shifted(date, -((new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7));
}

/**
 * @param {string} date
 * @param {Intl.DateTimeFormatOptions} parts
 * @param {string} language
 */
function dated(date, parts, language) {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { ...parts, timeZone: "UTC" }).format(new Date(`${date}T00:00:00Z`));
}

/** @param {string} date @param {string} language @returns {string} 周四, Thu */
export const weekdayWords = (date, language) => dated(date, { weekday: "short" }, language);

/** @param {string} date @returns {number} */
const dayOf = (date) => Number(date.slice(8));

/** @param {string} date @returns {number} */
const monthOf = (date) => Number(date.slice(5, 7));

/**
 * Return a span of days as a title: 11 月 23 – 27 日, 23 – 27 November.
 * @param {string} from
 * @param {string} to
 * @param {string} language
 */
export function spanWords(from, to, language) {
  const [a, b, same] = [dayOf(from), dayOf(to), monthOf(from) === monthOf(to)];
  if (language.startsWith("zh")) return `${monthOf(from)} 月 ${a}${same ? "" : " 日"} – ${same ? "" : `${monthOf(to)} 月 `}${b} 日`;
  const name = (/** @type {string} */ date) => dated(date, { month: same ? "long" : "short" }, language);
  return same ? `${a} – ${b} ${name(to)}` : `${a} ${name(from)} – ${b} ${name(to)}`;
}

/** @param {Half} half */
export const halfWords = (half) => (half === "AM" ? t("上午") : t("下午"));

/**
 * Who comes to a session, short enough for its card: the first post stands for all of them.
 * @param {Meeting} session
 */
export function crowdWords(session) {
  const posts = session.posts_words.split(/、|, /);
  const who = posts.length > 1 ? t("{post}等", { post: posts[0] }) : posts[0];
  return [who, t("{n} 家", { n: session.committees })].filter(Boolean).join(" ");
}

/** @param {string} date @param {Half} half @param {string} language @returns {string} 11 月 26 日 周四 上午 */
export function placeWords(date, half, language) {
  const gap = language.startsWith("zh") ? " " : ", ";
  return `${dayWords(date, language)}${gap}${halfWords(half)}`;
}

/** @param {string} date @param {string} language @returns {string} 11 月 26 日 周四 */
export function dayWords(date, language) {
  if (language.startsWith("zh")) return `${monthOf(date)} 月 ${dayOf(date)} 日 ${weekdayWords(date, language)}`;
  return `${weekdayWords(date, language)} ${dated(date, { day: "numeric", month: "short" }, language)}`;
}

/** @param {State} state @returns {Place[]} every half-day shown, mornings before afternoons of a week */
export function placesOf(state) {
  return state.weeks.flatMap((week) =>
    [0, 1].flatMap((row) =>
      week.days.filter((day) => day.halves[row]).map((day) => {
        const halfDay = day.halves[row];
        return { key: cellKey(day.date, halfDay.half), date: day.date, half: halfDay.half, day, halfDay };
      }),
    ),
  );
}

/** @param {State} state @returns {[string, string]} the first and the last day shown; the span itself ends on a Sunday */
export function daysShown(state) {
  const days = state.weeks.flatMap((week) => week.days.map((day) => day.date));
  return days.length ? [days[0], days[days.length - 1]] : [state.span.from, state.span.to];
}

/** @param {State} state @returns {number[]} the weekdays that any of the weeks shows, Monday first */
export function columnsOf(state) {
  const seen = new Set(state.weeks.flatMap((week) => week.days.map((day) => day.weekday)));
  return [1, 2, 3, 4, 5, 6, 7].filter((weekday) => seen.has(weekday));
}

const STEPS = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] });

/** @param {string} key @returns {boolean} whether this key moves from half-day to half-day */
export const isStep = (key) => key in STEPS;

/**
 * Return the half-day that an arrow key leads to, or -1 or 1 when it leads out of what is shown.
 *
 * Up and down go through mornings and afternoons and on to the next week below; left of Monday is
 * the week before. From the edge of a five-week view one comes out as from a week.
 * @param {State} state
 * @param {string} key of the half-day one is at; unknown counts as the first
 * @param {string} arrow
 * @returns {string | -1 | 1}
 */
export function stepFrom(state, key, arrow) {
  const columns = columnsOf(state);
  const rows = state.weeks.flatMap((week) =>
    [0, 1].map((half) => columns.map((weekday) => {
      const day = week.days.find((one) => one.weekday === weekday);
      return day && day.halves[half] ? cellKey(day.date, day.halves[half].half) : "";
    })),
  );
  const [down, right] = STEPS[arrow];
  const start = Math.max(0, rows.findIndex((row) => row.includes(key)));
  let [row, column] = [start, Math.max(0, rows[start].indexOf(key))];
  do {
    row += down;
    column += right;
    if (row < 0 || column < 0) return -1;
    if (row >= rows.length || column >= columns.length) return 1;
  } while (!rows[row][column]);
  return rows[row][column];
}

/** @param {Prices} prices @returns {Map<string, Price>} by half-day */
export const byPlace = (prices) => new Map(prices.cells.map((price) => [cellKey(price.date, price.half), price]));

/** @param {number} trips @returns {string} +33 趟; what is saved has a minus sign */
export const tripsWords = (trips) => t("{shown} 趟", { n: Math.abs(trips), shown: signed(trips) });

/** @param {number} n @returns {string} with its sign, a true minus */
export const signed = (n) => (n < 0 ? `−${-n}` : `+${n}`);

const LOOKS = /** @type {const} */ ({ free: ["free", "st-ok"], costs: ["cost", "st-warn"], over: ["over", "st-bad"], closed: ["no", "st-off"] });

/**
 * How a price is shown: a look, a shape, figures in bold and words.
 * @param {Price} price
 * @param {Place | undefined} place what is in that half-day; undefined when it is not shown
 * @returns {{look: string, shape: string, figure: string, words: string}}
 */
export function priceShown(price, place) {
  const [look, shape] = LOOKS[price.kind];
  if (price.kind === "over") return { look, shape, figure: tripsWords(price.trips), words: price.rules.join(t("；")) };
  if (!price.legal) return { look: "no", shape: "st-off", figure: "", words: price.rules.length ? t("不能放：{why}", { why: price.rules[0] }) : t("不能放") };
  return { look, shape, figure: tripsWords(price.trips), words: reasonOf(price, place) };
}

/** @param {Price} price @param {Place | undefined} place @returns {string} what makes the price */
function reasonOf(price, place) {
  if (price.here) return t("就在这里");
  const alone = place !== undefined && place.halfDay.sessions.length === 0;
  const own = alone ? t("单开一场") : place ? t("叫的人不同") : "";
  const why = price.trips ? own : t("搭便车");
  return [why, price.best ? t("最省") : ""].filter(Boolean).join(t("，"));
}

/**
 * What is said of a half-day while a request is held over it.
 * @param {Place} place
 * @param {Price | undefined} price
 * @param {string} language
 */
export function spokenPrice(place, price, language) {
  const where = placeWords(place.date, place.half, language);
  if (!price) return `${where}${t("：")}${place.halfDay.closed ? place.halfDay.closed.words : t("价钱还在算")}`;
  const shown = priceShown(price, place);
  return `${where}${t("：")}${[shown.figure, shown.words].filter(Boolean).join(t("，"))}`;
}

/** @param {Price[]} cells @returns {{open: Price[], closed: Price[]}} the cheapest first, what is over quota last; closed ones by date */
export function sortedPrices(cells) {
  const rank = { free: 0, costs: 1, over: 2, closed: 3 };
  const order = (/** @type {Price} */ a, /** @type {Price} */ b) =>
    Number(b.here) - Number(a.here) || Number(b.best) - Number(a.best) || rank[a.kind] - rank[b.kind] || a.trips - b.trips || cellKey(a.date, a.half).localeCompare(cellKey(b.date, b.half));
  return {
    open: cells.filter((price) => price.legal || price.kind === "over").sort(order),
    closed: cells.filter((price) => !price.legal && price.kind !== "over").sort((a, b) => cellKey(a.date, a.half).localeCompare(cellKey(b.date, b.half))),
  };
}

/**
 * Return the rules that close half-days, each with the half-days that it closes, by date.
 * @param {Price[]} closed
 * @returns {{rule: string, cells: Price[]}[]}
 */
export function byRule(closed) {
  /** @type {Map<string, Price[]>} */
  const found = new Map();
  for (const price of closed) {
    const rule = price.rules.join(t("；")) || t("不能放");
    found.set(rule, [...(found.get(rule) || []), price]);
  }
  return [...found].map(([rule, cells]) => ({ rule, cells }));
}

/**
 * Return what the board knows of a request, wherever it is; undefined when it is not shown.
 * @param {State} state
 * @param {number} request
 * @returns {{topic: string, number: string, minutes: number, department: string, place: Place | null, session: Meeting | null, item: Item | null, waiting: Waiting | null} | undefined}
 */
export function whereIs(state, request) {
  const waiting = state.waiting.find((one) => one.request === request);
  if (waiting) return { ...pick(waiting), place: null, session: null, item: null, waiting };
  for (const place of placesOf(state)) {
    for (const session of place.halfDay.sessions) {
      const item = session.items.find((one) => one.request === request);
      if (item) return { ...pick(item), place, session, item, waiting: null };
    }
  }
  return undefined;
}

/** @param {Item | Waiting} one */
const pick = ({ topic, number, minutes, department }) => ({ topic, number, minutes, department });

/** @param {State} state @param {string} key @returns {{session: Meeting, place: Place} | undefined} */
export function sessionOf(state, key) {
  for (const place of placesOf(state)) {
    const session = place.halfDay.sessions.find((one) => one.key === key);
    if (session) return { session, place };
  }
  return undefined;
}

/**
 * The two lines of the little chart: the best plan going down, the proven floor coming up.
 *
 * Both are steps from left to right. Values are scaled between the lowest floor and the highest plan.
 * @param {Progress["points"]} points
 * @param {number} width
 * @param {number} height
 * @returns {{best: string, bound: string, end: [number, number] | null}} paths; empty when there is nothing yet
 */
export function sparkOf(points, width, height) {
  const values = points.flatMap(([, best, bound]) => [best, bound]).filter((v) => v !== null).map(Number);
  if (!values.length) return { best: "", bound: "", end: null };
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const until = Math.max(points[points.length - 1][0], 1);
  const at = (/** @type {number} */ seconds, /** @type {number} */ value) => [
    2 + ((width - 6) * seconds) / until,
    height - 3 - ((height - 8) * (value - low)) / Math.max(high - low, 1),
  ].map((n) => Math.round(n * 10) / 10);
  const line = (/** @type {1 | 2} */ which) => {
    const known = points.filter((point) => point[which] !== null);
    return known.map((point, i) => {
      const [x, y] = at(point[0], Number(point[which]));
      return i ? `H${x}V${y}` : `M${x} ${y}`;
    }).join("") + (known.length ? `H${width - 4}` : "");
  };
  const best = points.filter((point) => point[1] !== null).pop();
  return { best: line(1), bound: line(2), end: best ? [width - 4, at(until, Number(best[1]))[1]] : null };
}

/**
 * The sentences of the solver's strip, each with the figure in bold.
 *
 * First what anybody understands, against the plan as it is; the points come last, as a note.
 * @param {Progress} progress
 * @returns {{words: string, figure: string, quiet?: boolean}[]}
 */
export function progressShown(progress) {
  const [seconds, points] = [Math.round(progress.seconds), (/** @type {number} */ n) => t("{n} 点", { n: n.toLocaleString("en") })];
  /** @type {{words: string, figure: string, quiet?: boolean}[]} */
  const shown = [{ words: progress.running ? t("后台还在试") : t("试了"), figure: t("{n} 秒", { n: seconds }) }];
  if (progress.gain && progress.best !== null) shown.push({ words: t("最好的方案"), figure: gainWords(progress.gain) });
  if (progress.gap !== null) shown.push({ words: t("离最省最多还差"), figure: `${progress.gap.toFixed(1)}%` });
  if (progress.best !== null) {
    const bound = progress.bound === null ? "" : t("，不可能少于 {points}", { points: points(progress.bound) });
    shown.push({ words: t("代价 {points}", { points: points(progress.best) }) + bound, figure: "", quiet: true });
  }
  return shown;
}

/** @param {Gain} gain @returns {string} what a plan has before another: 少跑 33 趟，少开 1 场，多排 2 项 */
export function gainWords({ trips, sessions, placed }) {
  const parts = [];
  if (placed) parts.push(placed > 0 ? t("多排 {n} 项", { n: placed }) : t("少排 {n} 项", { n: -placed }));
  if (trips) parts.push(trips > 0 ? t("少跑 {n} 趟", { n: trips }) : t("多跑 {n} 趟", { n: -trips }));
  if (sessions) parts.push(sessions > 0 ? t("少开 {n} 场", { n: sessions }) : t("多开 {n} 场", { n: -sessions }));
  return parts.length ? parts.join(t("，")) : t("和现在一样多");
}

/** @param {NonNullable<Progress["found"]>} found @returns {string} */
export function foundWords(found) {
  const parts = [t("{n} 场", { n: found.sessions }), t("{n} 趟", { n: found.trips })];
  if (found.waiting) parts.push(t("{n} 项没有落处", { n: found.waiting }));
  parts.push(found.over ? t("{n} 家超限", { n: found.over }) : t("没有超限"));
  if (!found.better) parts.push(t("没有比现在更好的"));
  return parts.join(t("，"));
}

/** @typedef {{date: string, half: Half} | {digest: string} | null} Spot where a request is in a plan; null where it waits */
/** @typedef {{request: number, number: string, topic: string, from: Spot, to: Spot}} Change */

/** @param {Spot} spot @param {string} language @returns {string} nothing for who waits */
export function spotWords(spot, language) {
  if (spot === null) return "";
  return "digest" in spot ? t("每周工作提示") : placeWords(spot.date, spot.half, language);
}
