import { Type, type Static } from 'typebox'
import type { Scope } from '../incidents/subject.js'
import { meanOf, type PathMemory, type PathRow, type PathRowRead, pathStatement, readPathRow, type SeenRow, trailing, walkPath } from './path-rows.js'
import { formatNumber, listNames, lookAlong, nodesBetween, pathName, pointsOf } from './path-text.js'
import type { Answer, Finding, Rule, Severity } from './rule.js'
import { common } from './settings/common.js'

const settings = Type.Object({
  ...common({ close_after_s: 900, close_rows: 3 }),
  open_ms: Type.Number({ default: 30, minimum: 0, maximum: 60_000, description: 'A window is bad with more jitter than this (ms)' }),
  clear_ms: Type.Number({ default: 24, minimum: 0, maximum: 60_000, description: 'A window is clear with at most this much (ms)' }),
  major_ms: Type.Number({ default: 60, minimum: 0, maximum: 60_000, description: 'Major where the last bad windows have more than this on average (ms)' }),
  critical_ms: Type.Number({ default: 120, minimum: 0, maximum: 60_000, description: 'Critical where they have more than this (ms)' }),
  severity_rows: Type.Integer({ default: 3, minimum: 1, maximum: 20, description: 'So many bad windows make that average' }),
  run_rows: Type.Integer({ default: 3, minimum: 1, maximum: 20, description: 'It opens with so many bad windows in a row' }),
  some_rows: Type.Integer({ default: 5, minimum: 1, maximum: 20, description: 'Or with so many bad ones, the newest among them ...' }),
  last_rows: Type.Integer({ default: 8, minimum: 1, maximum: 20, description: '... of the last so many' }),
  run_gap_s: Type.Integer({ default: 21_600, minimum: 60, maximum: 86_400, description: 'Windows further apart than this do not belong together (seconds)' }),
}, { additionalProperties: false })

type Settings = Static<typeof settings>

interface Path { scope: Scope, route: string[] | null }

/** Rule 2: packets of a path arrive unevenly, which calls hear as gaps. */
export const jitterBurst: Rule<typeof settings, SeenRow, PathMemory> = {
  name: 'jitter_burst',
  category: 'network',
  scope: 'path',
  judgesBy: 'time',
  absence: 'closes',
  settings,
  observe: (slots, watched, { open_ms: interest, run_gap_s: runGapS }) =>
    pathStatement({ value: 'jitter_ms', isMeasured: 'timing_usable and jitter_ms is not null' }, { slots, watched, interest, runGapS }),
  read: (row: PathRowRead) => readPathRow(row),
  judge: (judging) => walkPath(judging, {
    runGapMs: judging.settings.run_gap_s * 1000,
    spanMs: 0,
    isOfInterest: ({ value }) => value > judging.settings.open_ms,
    answer: (rows, route) => answer(rows, { scope: judging.scope, route }, judging.settings),
  }),
}

function answer (rows: PathRow[], path: Path, settings: Settings): Answer {
  const { open_ms: openMs, clear_ms: clearMs, run_rows: runRows, some_rows: someRows, last_rows: lastRows } = settings
  const isBad = ({ value }: PathRow): boolean => value > openMs
  const newest = rows.at(-1)!
  const run = trailing(rows, isBad)
  const some = rows.slice(-lastRows).filter(isBad)
  const matched = run.length >= runRows ? run : run.length > 0 && some.length >= someRows ? some : []
  const first = matched[0]
  if (first !== undefined) return { is: 'match', rowMs: newest.timeMs, startedMs: first.timeMs, finding: describe({ rows, bad: rows.filter(isBad), matched }, path, settings) }
  if (newest.value <= clearMs) return { is: 'clear', rowMs: newest.timeMs }
  return { is: 'hold', rowMs: newest.timeMs, run: run.length > 0 }
}

function describe ({ rows, bad, matched }: { rows: PathRow[], bad: PathRow[], matched: PathRow[] }, { scope, route }: Path, settings: Settings): Finding {
  const worst = bad.slice(-settings.severity_rows)
  const mean = meanOf(worst)
  const newest = rows.at(-1)!
  const inRow = matched.length === trailing(rows, ({ value }) => value > settings.open_ms).length
  return {
    severity: severityOf(mean, settings),
    cause: `Jitter from ${pathName(scope)} was above ${formatNumber(settings.open_ms)} ms in ${inRow ? `${matched.length} windows in a row` : `${matched.length} of the last ${settings.last_rows} windows`}: ` +
      `${formatNumber(mean)} ms on average over the last ${worst.length} of them, ${formatNumber(newest.value)} ms in the newest. A busy channel, a link that retransmits or an overloaded node on the way delays packets unevenly.`,
    nextSteps: [
      lookAlong(route, scope),
      `Look for heavy traffic through ${listNames(nodesBetween(route, scope))} at that time: file transfers, video, backups`,
      'Compare with other paths over the same nodes: where those are fine, look at the two ends',
    ],
    evidence: {
      metric: 'jitter_ms', unit: 'ms', open: settings.open_ms, clear: settings.clear_ms, points: pointsOf(rows),
      mean_ms: Math.round(mean * 10) / 10, bad_windows: matched.length, ...(route !== null && { route }),
    },
  }
}

function severityOf (mean: number, { major_ms: majorMs, critical_ms: criticalMs }: Settings): Severity {
  return mean > criticalMs ? 'critical' : mean > majorMs ? 'major' : 'minor'
}
