import { Type, type Static } from 'typebox'
import type { Scope } from '../incidents/subject.js'
import { meanOf, type PathMemory, type PathRow, type PathRowRead, pathStatement, readPathRow, type SeenRow, trailing, walkPath } from './path-rows.js'
import { describeLoss } from './loss-spike-text.js'
import type { Answer, Rule, Severity } from './rule.js'
import { common } from './settings/common.js'

const percent = (initial: number, description: string) => Type.Number({ default: initial, minimum: 0, maximum: 100, description })
const rowCount = (initial: number, description: string) => Type.Integer({ default: initial, minimum: 1, maximum: 20, description })
const seconds = (initial: number, maximum: number, description: string) => Type.Integer({ default: initial, minimum: 60, maximum, description })

const settings = Type.Object({
  ...common({ close_after_s: 900, close_rows: 3 }),
  open_pct: percent(2, 'A window is bad with more loss than this (percent)'),
  clear_pct: percent(1, 'A window is clear with at most this much (percent)'),
  major_pct: percent(5, 'Major where the last bad windows lose more than this on average (percent)'),
  critical_pct: percent(20, 'Critical where they lose more than this (percent)'),
  severity_rows: rowCount(3, 'So many bad windows make that average'),
  run_rows: rowCount(2, 'It opens with so many bad windows in a row'),
  some_rows: rowCount(4, 'Or with so many bad ones, the newest among them ...'),
  last_rows: rowCount(8, '... of the last so many'),
  slow_pct: percent(1, 'Or where every window of a while loses more than this (percent)'),
  slow_window_s: seconds(600, 3600, 'That while (seconds)'),
  slow_span_s: seconds(480, 3600, 'Its windows span at least this (seconds)'),
  slow_rows: rowCount(3, 'And there are at least so many'),
  status_open_pct: percent(8, 'Windows of network_status have 10 packets each: it opens where the last of them lose this or more on average (percent)'),
  status_clear_pct: percent(2, 'And is clear where they lose at most this (percent)'),
  status_last_rows: rowCount(10, 'So many make that average ...'),
  status_least_rows: rowCount(5, '... and at least so many'),
  status_lost_rows: rowCount(2, 'Or it opens with so many in a row that lose everything'),
  run_gap_s: seconds(21_600, 86_400, 'Windows further apart than this do not belong together (seconds)'),
}, { additionalProperties: false })

export type LossSettings = Static<typeof settings>

/** What of a path matched, and how. */
export interface LossMatch {
  how: 'run' | 'some' | 'slow' | 'mean' | 'lost'
  /** The windows that count, oldest first. */
  windows: PathRow[]
  /** Average that the severity goes by (percent); null where no window was bad. */
  mean: number | null
}

/** Rule 3: packets of a path get lost. */
export const lossSpike: Rule<typeof settings, SeenRow, PathMemory> = {
  name: 'loss_spike',
  category: 'network',
  scope: 'path',
  judgesBy: 'time',
  absence: 'closes',
  settings,
  observe: (slots, watched, given) =>
    pathStatement({ value: 'loss_pct', isMeasured: 'loss_usable and loss_pct is not null' }, { slots, watched, interest: leastLoss(given), runGapS: given.run_gap_s }),
  read: (row: PathRowRead) => readPathRow(row),
  judge: ({ settings, scope, ...judging }) => walkPath(judging, {
    runGapMs: settings.run_gap_s * 1000,
    spanMs: settings.slow_window_s * 1000,
    isOfInterest: ({ value }) => value > leastLoss(settings),
    answer: (rows, route) => {
      const isStatus = rows.at(-1)?.isStatus === true
      const alike = rows.filter((row) => row.isStatus === isStatus)
      return isStatus ? answerStatus(alike, { scope, route }, settings) : answer(alike, { scope, route }, settings)
    },
  }),
}

interface Path { scope: Scope, route: string[] | null }

/** No form of the match counts a window that lost as little. */
function leastLoss ({ open_pct: openPct, slow_pct: slowPct }: LossSettings): number {
  return Math.min(openPct, slowPct)
}

function answer (rows: PathRow[], path: Path, settings: LossSettings): Answer {
  const newest = rows.at(-1)!
  const match = matchOf(rows, settings)
  const first = match?.windows[0]
  if (match !== null && first !== undefined) return matched(match, first, { rows, ...path }, settings)
  if (newest.value <= settings.clear_pct) return { is: 'clear', rowMs: newest.timeMs }
  return { is: 'hold', rowMs: newest.timeMs, run: newest.value > settings.open_pct }
}

function matchOf (rows: PathRow[], settings: LossSettings): LossMatch | null {
  const isBad = ({ value }: PathRow): boolean => value > settings.open_pct
  const run = trailing(rows, isBad)
  const some = rows.slice(-settings.last_rows).filter(isBad)
  const worst = some.slice(-settings.severity_rows)
  const mean = worst.length === 0 ? null : meanOf(worst)
  if (run.length >= settings.run_rows) return { how: 'run', windows: run, mean }
  if (run.length > 0 && some.length >= settings.some_rows) return { how: 'some', windows: some, mean }
  const newestMs = rows.at(-1)!.timeMs
  const recent = rows.filter(({ timeMs }) => timeMs > newestMs - settings.slow_window_s * 1000)
  const spanMs = newestMs - recent[0]!.timeMs
  const isSlow = recent.length >= settings.slow_rows && spanMs >= settings.slow_span_s * 1000 && recent.every(({ value }) => value > settings.slow_pct)
  return isSlow ? { how: 'slow', windows: recent, mean } : null
}

/** One lost packet of 10 reads 10 %: only many windows together say something, or two that lost all. */
function answerStatus (rows: PathRow[], path: Path, settings: LossSettings): Answer {
  const newest = rows.at(-1)!
  const last = rows.slice(-settings.status_last_rows)
  const mean = last.length >= settings.status_least_rows ? meanOf(last) : null
  const lost = trailing(rows, isAllLost)
  const isMean = mean !== null && mean >= settings.status_open_pct
  const isLost = lost.length >= settings.status_lost_rows
  if (isMean || isLost) {
    const match: LossMatch = isMean ? { how: 'mean', windows: last, mean: isLost ? 100 : mean } : { how: 'lost', windows: lost, mean: 100 }
    return matched(match, match.windows.find(({ value }) => value > 0) ?? newest, { rows, ...path }, settings)
  }
  if (mean !== null && mean <= settings.status_clear_pct) return { is: 'clear', rowMs: newest.timeMs }
  return { is: 'hold', rowMs: newest.timeMs, run: isAllLost(newest) }
}

function isAllLost ({ value }: PathRow): boolean {
  return value === 100
}

function matched (match: LossMatch, first: PathRow, { rows, scope, route }: Path & { rows: PathRow[] }, settings: LossSettings): Answer {
  const finding = { severity: severityOf(match.mean, settings), ...describeLoss(match, { rows, scope, route }, settings) }
  return { is: 'match', rowMs: rows.at(-1)!.timeMs, startedMs: first.timeMs, finding }
}

function severityOf (mean: number | null, { major_pct: majorPct, critical_pct: criticalPct }: LossSettings): Severity {
  if (mean === null || mean <= majorPct) return 'minor'
  return mean > criticalPct ? 'critical' : 'major'
}
