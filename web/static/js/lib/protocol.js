// The messages of the websocket as types; the server's side is server/signaling/messages.py.
// Nothing here runs: other files name these types in their comments.

/**
 * Times ending in `_ms` are unix milliseconds of the server's clock. Venues are named by number, 0
 * is the main venue.
 *
 * @typedef {{type: "welcome", venue: number, name: string, operator: boolean, session: number,
 *   now_ms: number, seat: string, rank: Rank}} Welcome
 * @typedef {{type: "waiting", session: number, title: string, starts_ms: number, ends_ms: number,
 *   items: number, now_ms: number, check_ms: number}} Waiting `session` is 0 when no session is to
 *   come, `check_ms` 0 when no check of the devices is
 * @typedef {{type: "check"}} Check the office asks for a check of the devices
 * @typedef {{type: "place", held: "you" | "other" | "free"}} Place
 * @typedef {{type: "truth", seen: boolean, heard: boolean, recorded_ms: number,
 *   present_seconds: number}} Truth
 * @typedef {{topic: string, department: string, minutes: number, used_seconds: number,
 *   posts: string[], venues: number[]}} ItemNow an empty list is all
 * @typedef {"absent" | "connected" | "lost"} Presence
 * @typedef {{number: number, name: string, state: Presence, heads: number, mic: boolean,
 *   called: "" | "rung" | "unreached", called_ms: number, leave: boolean}} VenueNow
 *   `heads` is -1 until it has been said; `called_ms` 0 unless it was called and has not come since;
 *   `leave`: it need not come
 * @typedef {{every: number, asked_ms: number, until_ms: number, venues: number[],
 *   answered: number[]}} PromptNow the random "we are here" prompts; `every` is 0 while they are off
 * @typedef {{broadcast: number, watched: number, carousel_at: "" | "all" | "wall",
 *   carousel_seconds: number, carousel_venue: number, carousel_paused: boolean,
 *   carousel_next_ms: number, layout: string, wall_layout: string, may_choose: boolean,
 *   sharing: number, may_share: number[]}} ShowNow -1 stands for nobody
 * @typedef {{venue: number, slot: number, content: boolean, large: boolean}} PaneNow
 * @typedef {{type: "view", layout: string, panes: PaneNow[]}} View what this screen shows
 * @typedef {{type: "quality", venue: number, mark: Mark}} Quality
 * @typedef {"good" | "weak" | "voice" | "mute" | "nothing"} Mark
 * @typedef {{type: "called", venue: number, reached: boolean}} Called
 * @typedef {{venue: number, since_ms: number}} Asking
 * @typedef {{venue: number, seconds: number}} Said
 * @typedef {"LEADER" | "OFFICE" | "VENUE"} Rank
 * @typedef {{seat: string, name: string, rank: Rank}} SeatNow
 * @typedef {{seat: string, name: string, rank: Rank | "", since_ms: number,
 *   way: "applied" | "handed" | "seized" | "deputy" | "taken_back", away: boolean, deputy: string,
 *   former: string, asking: SeatNow[], here: SeatNow[]}} ChairNow `seat` is empty while it is free
 * @typedef {{order: number[], named: number, since_ms: number, every: number,
 *   answers: {venue: number, answer: "answered" | "silent" | "absent"}[]}} RollNow `named` is -1
 *   once it is over
 * @typedef {{venue: number, word: string, at_ms: number}} WordNow
 * @typedef {{type: "state", version: number, now_ms: number, session: number, title: string,
 *   hall: string, starts_ms: number, ends_ms: number, expected: number, venues: VenueNow[],
 *   floor: number, floor_since_ms: number, queue: Asking[], said: Said[], muted_all: boolean,
 *   items: ItemNow[], item: number, item_since_ms: number, item_minutes: number,
 *   goes_on: boolean, called_in: number, called_in_ms: number, locked: boolean, chair: ChairNow,
 *   roll: RollNow, words: WordNow[], banner: string, asked: AskedNow[], ballot: BallotNow,
 *   show: ShowNow, observers: number, material: MaterialNow, prompt: PromptNow,
 *   recording: RecordingNow}} State
 *   `floor` is -1 while the main venue speaks; `venues` are in order of number
 * @typedef {{item: number, file: string, page: number}} MaterialNow `item` is -1 while none is shown;
 *   `file` is empty for the item's first
 * @typedef {{on: boolean, scope: string, venues: number[], reason: string, since_ms: number,
 *   trouble: "" | "full" | "slow" | "failed", notices: number}} RecordingNow
 * @typedef {{type: "materials"}} MaterialsChanged the list is another now
 * @typedef {{number: number, venue: number, at_ms: number, done: boolean}} AskedNow
 * @typedef {{number: number, text: string, choices: string[], secret: boolean, closed: boolean,
 *   voted: number[], counts: number[], voices: {venue: number, choice: number}[]}} BallotNow
 *   `number` is 0 while there is none
 * @typedef {AskedNow & {text: string}} QuestionNow
 * @typedef {{type: "questions", questions: QuestionNow[]}} Questions
 * @typedef {{type: "voices", venues: number[]}} Voices loudest first
 * @typedef {{type: "done", id: number, undo: number}} Done `undo` is 0 where nothing can be undone
 * @typedef {{type: "refused", id: number, code: string, message: string}} Refused
 * @typedef {{type: "replaced", message: string}} Replaced
 * @typedef {{type: "ended", session: number}} Ended
 * @typedef {Welcome | Waiting | Check | Place | Truth | State | Questions | MaterialsChanged | Voices |
 *   Done | Refused | Replaced | Ended | View | Quality | Called} Message
 * @typedef {"floor.request" | "floor.withdraw" | "floor.return" | "floor.give" | "floor.take_back" |
 *   "floor.decline" | "mute.all" | "mute.lift" | "mic.open" | "mic.close" | "head_count" |
 *   "agenda.next" | "agenda.extend" | "agenda.pace" | "agenda.call_in" | "chair.apply" |
 *   "chair.withdraw" | "chair.seize" | "chair.take_back" | "chair.hand_over" | "chair.decline" |
 *   "chair.release" | "chair.deputy" | "roll.start" | "roll.next" | "roll.mark" | "roll.here" |
 *   "roll.end" | "undo" | "session.lock" | "session.unlock" | "session.end" | "banner.set" |
 *   "question.ask" | "question.done" | "ballot.open" | "ballot.cast" | "ballot.close" |
 *   "ballot.clear" | "broadcast.set" | "broadcast.end" | "watch.set" | "watch.end" |
 *   "carousel.start" | "carousel.pause" | "carousel.resume" | "carousel.end" | "layout.set" |
 *   "layout.allow" | "layout.forbid" | "layout.choose" | "content.allow" | "content.forbid" |
 *   "content.stop" | "venue.call" | "material.show" | "material.hide" | "prompt.pace" |
 *   "prompt.answer" | "recording.start" | "recording.stop"} CommandName
 */

export {};
