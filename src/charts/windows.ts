/** What a chart looks back over, by name. */
export const windows = {
  day: { days: 1, stepS: 120, title: 'last 24 hours' },
  week: { days: 7, stepS: 3600, title: 'last 7 days' },
  month: { days: 31, stepS: 7200, title: 'last 31 days' },
  year: { days: 365, stepS: 86_400, title: 'last 365 days' },
} as const

export type WindowName = keyof typeof windows

export interface ChartRange { fromMs: number, toMs: number, stepS: number }

const daySeconds = 86_400
/** As many bins as the plot is wide, in pixels: more could not be told apart. */
const rawBins = 720
/**
 * Steps of any other range, by its length: up to two days of the rows themselves, else multiples of the hours and days that aggregates
 * have.
 */
const steps = [
  { spanS: 14 * daySeconds, stepS: 3600 },
  { spanS: 62 * daySeconds, stepS: 7200 },
  { spanS: 180 * daySeconds, stepS: 21_600 },
  { spanS: 1000 * daySeconds, stepS: daySeconds },
]
const longestRawS = 2 * daySeconds
/**
 * Radios are read every quarter of an hour, or once a minute: a week of one reading is at most 10,080 rows, so that the week has the bins of
 * meshcore-stats. Paths, links and nodes have twenty times as many; there the hours of the aggregates are the limit.
 */
const sparse = { spanS: 7 * daySeconds, stepS: 1800 }

/** A window that ends with the bin that `nowMs` is in, so that all its bins are whole. `isSparse`: of a radio, whose rows are few. */
export function windowRange (window: WindowName, nowMs: number, isSparse = false): ChartRange {
  const { days } = windows[window]
  const stepS = isSparse && window === 'week' ? sparse.stepS : windows[window].stepS
  const toMs = (Math.floor(nowMs / (stepS * 1000)) + 1) * stepS * 1000
  return { fromMs: toMs - days * daySeconds * 1000, toMs, stepS }
}

/** Any range, with a fitting step. */
export function freeRange (fromMs: number, toMs: number, isSparse = false): ChartRange {
  const spanS = (toMs - fromMs) / 1000
  const raw = Math.max(1, Math.ceil(spanS / rawBins))
  const binned = [...isSparse ? [sparse] : [], ...steps].find((step) => spanS <= step.spanS)
  const stepS = spanS <= longestRawS ? raw : binned?.stepS ?? Math.ceil(spanS / rawBins / daySeconds) * daySeconds
  return { fromMs, toMs, stepS }
}
