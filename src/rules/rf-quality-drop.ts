import { Type, type Static } from 'typebox'
import { orderEnds, type Scope } from '../incidents/subject.js'
import { watchedLinks } from './links-sql.js'
import { statement } from './rf-quality-drop-sql.js'
import { describe } from './rf-quality-drop-text.js'
import type { Answer, Judgement, Judging, Observation, Rule } from './rule.js'
import { common } from './settings/common.js'
import { commitMs, isoOf, spanOf } from './sql.js'

const ratio = (initial: number, description: string) => Type.Number({ default: initial, minimum: 0, maximum: 1, description })
const times = (initial: number, description: string) => Type.Number({ default: initial, minimum: 1, maximum: 100, description })
const seconds = (initial: number, description: string) => Type.Integer({ default: initial, minimum: 60, maximum: 6000, description })
const rows = (initial: number, description: string) => Type.Integer({ default: initial, minimum: 1, maximum: 100, description })

const settings = Type.Object({
  ...common({ close_after_s: 900, close_rows: 3 }),
  open_lq: ratio(0.7, 'Opens when the mean lq or the mean nlq is below this'),
  clear_lq: ratio(0.75, 'Is clear when both means are at least this'),
  critical_lq: ratio(0.4, 'Critical when one of the means is below this'),
  open_etx_ratio: times(1.2, 'And when the mean etx is above this many times its baseline'),
  clear_etx_ratio: times(1.1, 'Is clear, too, when the mean etx is within this many times its baseline'),
  critical_etx_ratio: times(2, 'Critical from this many times its baseline'),
  now_s: seconds(600, 'The mean of now goes over this span'),
  few_rows_s: seconds(1800, 'Where it holds too few rows: the last ones within this span'),
  baseline_s: seconds(3600, 'The baseline is the mean over this span before now'),
  baseline_rows: rows(6, 'Where it holds too few rows: so many rows before now'),
  min_rows: rows(3, 'Rows that now and the baseline need'),
  asymmetric_lq: ratio(0.2, 'lq and nlq that differ by more are named an asymmetric link'),
}, { additionalProperties: false })

export type Settings = Static<typeof settings>

/** Means over some rows of a link, lq from its first end to its second. */
export interface Means {
  n: number
  lq: number
  nlq: number
  etx: number
  signalDbm: number | null
  noiseDbm: number | null
}

export interface Seen {
  now: Means & { oldestMs: number, newestMs: number, oldestLowMs: number | null, newestLowMs: number | null }
  /** Null where there were no rows before, or where it was not asked for: nothing is low, or an open incident has its own. */
  before: Means | null
  /** Mean of the 24 h before. */
  dayEtx: number | null
  /** The lower of lq and nlq, by minute. */
  points: Array<[number, number]>
}

/** What the link was before the drop; `etx` is what the rule measures by. */
export type Baseline = Means

export interface Memory {
  /** The window judged last: the same again is no news. */
  judged: string
  lowMs: number
  baseline: Baseline | null
}

interface Row {
  at_ms: number, a: string, b: string, medium: string
  n: number, lq: number, nlq: number, etx: number, signal_dbm: number | null, noise_dbm: number | null
  oldest_ms: number, newest_ms: number, oldest_low_ms: number | null, newest_low_ms: number | null
  before_n: number | null, before_lq: number | null, before_nlq: number | null, before_etx: number | null
  before_signal_dbm: number | null, before_noise_dbm: number | null
  day_etx: number | null, points: Array<[number, number]>
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Rule 1. Of interest are links of which a row with an lq or nlq below the threshold arrived; each is followed until none came for half an hour. */
export const rfQualityDrop: Rule<typeof settings, Seen, Memory> = {
  name: 'rf_quality_drop',
  category: 'network',
  scope: 'link',
  judgesBy: 'time',
  absence: 'closes',
  settings,
  observe (slots, watched, own) {
    const { sinceMs, firstMs, atMs } = spanOf(slots)
    // Of several slots a later one may need what the first does not.
    const hasBaseline = watched.map(({ isOpen }) => isOpen && slots.length === 1)
    return {
      text: statement,
      values: [
        isoOf(sinceMs - commitMs), isoOf(atMs), isoOf(sinceMs - dayMs), slots.map(({ atMs }) => isoOf(atMs)), ...watchedLinks(watched), watched.map(({ isFollowed }) => isFollowed), hasBaseline,
        own.open_lq, own.now_s, own.few_rows_s, own.baseline_s, own.min_rows, own.baseline_rows,
        isoOf(firstMs - own.few_rows_s * 1000), isoOf(firstMs - 7 * dayMs), isoOf(firstMs - own.few_rows_s * 1000 - 26 * hourMs),
      ],
    }
  },
  read: readRow,
  judge,
}

function readRow (row: Row): Observation<Seen> {
  const { a, b, turned } = orderEnds(row.a, row.b)
  const turn = (lq: number, nlq: number) => turned ? { lq: nlq, nlq: lq } : { lq, nlq }
  const { before_n: n, before_lq: lq, before_nlq: nlq, before_etx: etx } = row
  return {
    atMs: row.at_ms,
    scope: { type: 'link', a, b, medium: row.medium },
    seen: {
      now: {
        n: row.n, ...turn(row.lq, row.nlq), etx: row.etx, signalDbm: row.signal_dbm, noiseDbm: row.noise_dbm,
        oldestMs: row.oldest_ms, newestMs: row.newest_ms, oldestLowMs: row.oldest_low_ms, newestLowMs: row.newest_low_ms,
      },
      before: n === null || lq === null || nlq === null || etx === null ? null : { n, ...turn(lq, nlq), etx, signalDbm: row.before_signal_dbm, noiseDbm: row.before_noise_dbm },
      dayEtx: row.day_etx,
      points: row.points,
    },
  }
}

export function judge (judging: Judging<Seen, Memory, Settings>): Judgement<Memory> {
  const { seen: [seen], memory, incident, afterMs, settings: own, moment } = judging
  const lowMs = Math.max(memory?.lowMs ?? -Infinity, seen?.now.newestLowMs ?? -Infinity)
  const judged = seen === undefined ? memory?.judged ?? '' : `${seen.now.n} ${seen.now.oldestMs} ${seen.now.newestMs}`
  const baseline = incident === null ? baselineOf(seen, own) : memory?.baseline ?? null
  const isCut = incident === null && afterMs !== null && seen !== undefined && seen.now.oldestMs <= afterMs
  const isNews = seen !== undefined && judged !== memory?.judged && seen.now.n >= own.min_rows && !isCut
  const answers = isNews && baseline !== null ? [answer(seen, baseline, judging)] : []
  const isOpen = incident !== null || answers[0]?.is === 'match'
  const forgetMs = lowMs + own.few_rows_s * 1000
  if (!isOpen && moment.atMs >= forgetMs) return { answers, memory: null }
  return { answers, memory: { judged, lowMs, baseline: isOpen ? baseline : null }, wakeMs: isOpen ? null : forgetMs }
}

function baselineOf (seen: Seen | undefined, { min_rows: minRows }: Settings): Baseline | null {
  if (seen === undefined || seen.before === null || seen.before.n < minRows) return null
  const { before, dayEtx } = seen
  return { ...before, etx: Math.min(before.etx, dayEtx ?? before.etx) }
}

function answer (seen: Seen, baseline: Baseline, { scope, settings: own }: Judging<Seen, Memory, Settings>): Answer {
  const { lq, nlq, etx, newestMs, oldestLowMs } = seen.now
  const lowest = Math.min(lq, nlq)
  if (lowest < own.open_lq && etx > own.open_etx_ratio * baseline.etx) {
    const isCritical = lowest < own.critical_lq || etx >= own.critical_etx_ratio * baseline.etx
    return {
      is: 'match', rowMs: newestMs, startedMs: oldestLowMs ?? newestMs,
      finding: { severity: isCritical ? 'critical' : 'major', ...describe(scope as Extract<Scope, { type: 'link' }>, seen, baseline, own) },
    }
  }
  const isClear = lowest >= own.clear_lq || etx <= own.clear_etx_ratio * baseline.etx
  return isClear ? { is: 'clear', rowMs: newestMs } : { is: 'hold', rowMs: newestMs, run: false }
}
