import { Type, type Static } from 'typebox'
import { orderEnds, type Scope } from '../incidents/subject.js'
import { statement } from './link-down-sql.js'
import { describe } from './link-down-text.js'
import { watchedLinks } from './links-sql.js'
import type { Answer, Judgement, Judging, Observation, Rule } from './rule.js'
import { common } from './settings/common.js'
import { commitMs, isoOf, spanOf } from './sql.js'

const reports = (initial: number, description: string) => Type.Integer({ default: initial, minimum: 1, maximum: 10, description })

const settings = Type.Object({
  ...common({ close_after_s: 900, close_rows: 3 }),
  down_reports: reports(3, 'Opens when so many reports in a row lack the link or have it as down, from each end that still reports'),
  up_reports: reports(3, 'If it was up in so many'),
  before_reports: reports(5, 'Of so many reports before'),
  look_back_s: Type.Integer({ default: 21_600, minimum: 600, maximum: 86_400, description: 'Reports older than this do not count' }),
  retire_after_s: Type.Integer({ default: 604_800, minimum: 3600, maximum: 31_536_000, description: 'Down for so long it was taken away, and closes as retired' }),
}, { additionalProperties: false })

export type Settings = Static<typeof settings>

/** What a report says of the link: up; heard, though routes take another way; down, where nothing is heard or it has no cost; absent. */
export type Said = 'up' | 'heard' | 'down' | 'absent'

/** Reports of one end, newest first, and the newest report by anybody that has this end connected over any link. */
export interface End { reports: Array<[number, Said]>, connectedMs: number | null }

export interface Seen { a: End, b: End }

export interface Memory {
  /** What was judged last: the same again is no news. */
  judged: string
  /** The first report without the link. */
  downMs: number
}

/** An end as it is judged. */
export interface Judged extends End { node: string, run: number }

interface Row {
  at_ms: number, a: string, b: string, medium: string, reports_a: End['reports'], reports_b: End['reports']
  connected_a_ms: number | null, connected_b_ms: number | null
}

const dayMs = 86_400_000
/** More than are counted: one end may have to wait for the other. */
const keptReports = 20

/** Rule 12. A link that the nodes' own reports (`aredn_sysinfo`) had routes over, and now have no more. */
export const linkDown: Rule<typeof settings, Seen, Memory> = {
  name: 'link_down',
  category: 'network',
  scope: 'link',
  judgesBy: 'time',
  absence: 'closes',
  settings,
  observe (slots, watched, own) {
    const { sinceMs, atMs } = spanOf(slots)
    return {
      text: statement,
      values: [
        isoOf(sinceMs - commitMs), isoOf(atMs), isoOf(sinceMs - dayMs), slots.map(({ atMs }) => isoOf(atMs)), ...watchedLinks(watched), own.look_back_s, keptReports,
        isoOf(sinceMs - dayMs - own.look_back_s * 1000),
      ],
    }
  },
  read: readRow,
  judge,
}

function readRow (row: Row): Observation<Seen> {
  const { a, b, turned } = orderEnds(row.a, row.b)
  const first = { reports: row.reports_a, connectedMs: row.connected_a_ms }
  const second = { reports: row.reports_b, connectedMs: row.connected_b_ms }
  return { atMs: row.at_ms, scope: { type: 'link', a, b, medium: row.medium }, seen: turned ? { a: second, b: first } : { a: first, b: second } }
}

export function judge (judging: Judging<Seen, Memory, Settings>): Judgement<Memory> {
  const { seen: [seen], memory, incident, afterMs, scope, settings: own } = judging
  if (seen === undefined) return { answers: [], memory }
  const { a, b } = scope as Link
  const both = [judgedEnd(a, seen.a, afterMs), judgedEnd(b, seen.b, afterMs)]
  const ends = counting(both, own)
  const judged = `${seen.a.reports[0]?.[0]} ${seen.b.reports[0]?.[0]}`
  if (ends.length === 0 || judged === memory?.judged) return { answers: [], memory }
  const known = memory !== null && (afterMs === null || memory.downMs > afterMs) ? memory.downMs : null
  const downMs = Math.min(known ?? Infinity, ...ends.flatMap(({ reports, run }) => run > 0 ? [reports[run - 1]![0]] : []))
  const wasUp = incident !== null || known !== null || ends.some((end) => wasUpBefore(end, own))
  const answer = wasUp ? answerOf({ both, ends, downMs }, judging) : null
  const isKept = incident !== null || (answer !== null && answer.is !== 'clear' && !(answer.is === 'hold' && !answer.run))
  return { answers: answer === null ? [] : [answer], memory: isKept ? { judged, downMs: Number.isFinite(downMs) ? downMs : incident?.startedMs ?? 0 } : null }
}

type Link = Extract<Scope, { type: 'link' }>

function judgedEnd (node: string, { reports: all, connectedMs }: End, afterMs: number | null): Judged {
  const reports = all.filter(([ms]) => afterMs === null || ms > afterMs)
  const up = reports.findIndex(([, said]) => !isDown(said))
  return { node, reports, connectedMs, run: up < 0 ? reports.length : up }
}

function isDown (said: Said | undefined): boolean {
  return said === 'down' || said === 'absent'
}

/** Ends that still report: the other has not made a whole run of reports since. */
function counting (ends: Judged[], { down_reports: needed }: Settings): Judged[] {
  return ends.filter((end) => {
    const newestMs = end.reports[0]?.[0]
    return newestMs !== undefined && !ends.some((other) => other !== end && (other.reports[needed - 1]?.[0] ?? -Infinity) > newestMs)
  })
}

function wasUpBefore ({ reports, run }: Judged, own: Settings): boolean {
  return run > 0 && reports.slice(run, run + own.before_reports).filter(([, said]) => said === 'up').length >= own.up_reports
}

/** `ends` are those that still report. */
export interface Reports { both: Judged[], ends: Judged[], downMs: number }

function answerOf (reports: Reports, { scope, incident, settings: own, moment }: Judging<Seen, Memory, Settings>): Answer {
  const { ends, downMs } = reports
  const rowMs = Math.max(...ends.map(({ reports }) => reports[0]![0]))
  if (ends.every(({ run }) => run === 0)) return { is: 'clear', rowMs }
  if (incident !== null && moment.atMs - incident.startedMs >= own.retire_after_s * 1000) return { is: 'clear', rowMs, resolution: 'retired' }
  if (ends.every(({ run }) => run >= own.down_reports)) {
    return { is: 'match', rowMs, startedMs: downMs, finding: describe(scope as Link, reports, own) }
  }
  return { is: 'hold', rowMs, run: ends.every(({ run }) => run > 0) }
}
