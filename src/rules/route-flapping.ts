import { Type, type Static } from 'typebox'
import { addSeen, distinctLists, type FlapMemory, readWindow, type SeenWindow, type WindowRead } from './hop-lists.js'
import { flapStatement } from './route-flapping-sql.js'
import { describeFlapping } from './route-flapping-text.js'
import type { Answer, Judgement, Judging, Rule } from './rule.js'
import { common } from './settings/common.js'

const count = (initial: number, description: string) => Type.Integer({ default: initial, minimum: 1, maximum: 20, description })
const seconds = (initial: number, description: string) => Type.Integer({ default: initial, minimum: 60, maximum: 86_400, description })

const settings = Type.Object({
  ...common({ close_after_s: 900, close_rows: 3 }),
  open_lists: Type.Integer({ default: 3, minimum: 2, maximum: 20, description: 'It opens with so many distinct hop lists' }),
  major_lists: count(5, 'Major with so many'),
  window_s: Type.Integer({ default: 300, minimum: 60, maximum: 3600, description: 'Within this (seconds)' }),
  full_rows: count(5, 'With fewer windows there, the last ones count, however far apart they are ...'),
  last_rows: Type.Integer({ default: 8, minimum: 3, maximum: 20, description: '... so many of them ...' }),
  last_s: seconds(21_600, '... no older than this (seconds) ...'),
  changes: count(4, '... where the list changed at least so often'),
  clear_rows: count(2, 'Clear with one list only within window_s, and so many windows there'),
  clear_last_rows: count(3, 'Or, with fewer than full_rows there, one list in the last so many'),
}, { additionalProperties: false })

export type FlapSettings = Static<typeof settings>
/** Window of a path as the rule counts it: `list` is its place among the distinct hop lists. */
type Window = FlapMemory['windows'][number]

/** Rule 4: packets of a path take ever another route. */
export const routeFlapping: Rule<typeof settings, SeenWindow, FlapMemory> = {
  name: 'route_flapping',
  category: 'network',
  scope: 'path',
  judgesBy: 'time',
  absence: 'closes',
  settings,
  observe: flapStatement,
  read: (row: WindowRead) => readWindow(row),
  judge,
}

function judge ({ seen, memory, incident, phase, afterMs, scope, settings, moment: { atMs } }: Judging<SeenWindow, FlapMemory, FlapSettings>): Judgement<FlapMemory> {
  const known = addSeen(memory, seen, { spanMs: settings.window_s * 1000, lastRows: settings.last_rows })
  const windows = known.windows.filter(({ timeMs }) => timeMs <= atMs && timeMs > Math.max(afterMs ?? 0, atMs - settings.last_s * 1000))
  const recent = windows.filter(({ timeMs }) => timeMs > atMs - settings.window_s * 1000)
  const matched = matchOf(windows, recent, settings)
  const answer = answerOf({ windows, recent, matched }, settings, () => describeFlapping({ scope, incident, known, windows, counted: matched ?? [] }, settings))
  const isNews = known.newestArrivals > 0 || answer?.is !== known.answered
  const answers = answer === null || !isNews ? [] : [answer]
  if (incident === null && phase === 'clear' && distinctLists(windows) < 2) return { answers, memory: null }
  const next: FlapMemory = { windows: known.windows, lists: known.lists, hops: known.hops, answered: answer?.is ?? null }
  // A window that leaves can change the answer as long as there are others.
  const oldest = distinctLists(windows) < 2 ? undefined : recent[0]
  return { answers, memory: next, wakeMs: oldest === undefined ? null : oldest.timeMs + settings.window_s * 1000 }
}

/** The windows that match together; null where they don't. */
function matchOf (windows: Window[], recent: Window[], settings: FlapSettings): Window[] | null {
  if (distinctLists(recent) >= settings.open_lists) return recent
  const last = windows.slice(-settings.last_rows)
  const isMatch = recent.length < settings.full_rows && distinctLists(last) >= settings.open_lists && countChanges(last) >= settings.changes
  return isMatch ? last : null
}

function answerOf ({ windows, recent, matched }: { windows: Window[], recent: Window[], matched: Window[] | null }, settings: FlapSettings, describe: () => Extract<Answer, { is: 'match' }>['finding']): Answer | null {
  const rowMs = windows.at(-1)?.timeMs
  if (rowMs === undefined) return null
  if (matched !== null) return { is: 'match', rowMs, startedMs: startOf(matched, windows), finding: describe() }
  const last = windows.slice(-settings.clear_last_rows)
  const isSteady = recent.length >= settings.clear_rows && distinctLists(recent) === 1
  const isSteadySlowly = recent.length < settings.full_rows && last.length >= settings.clear_last_rows && distinctLists(last) === 1
  return isSteady || isSteadySlowly ? { is: 'clear', rowMs } : { is: 'hold', rowMs, run: false }
}

/** The first window that counts whose list differs from the one before, be that one older than what counts. */
function startOf (matched: Window[], windows: Window[]): number {
  const first = windows.indexOf(matched[0]!)
  const changed = matched.find(({ list }, i) => {
    const before = windows[first + i - 1]
    return before !== undefined && before.list !== list
  })
  return (changed ?? matched[0]!).timeMs
}

function countChanges (windows: Window[]): number {
  return windows.filter(({ list }, i) => i > 0 && windows[i - 1]?.list !== list).length
}
