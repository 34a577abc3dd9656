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
 * have. So the week's bins are an hour where meshcore-stats has half of one.
 */
const steps = [
  { spanS: 14 * daySeconds, stepS: 3600 },
  { spanS: 62 * daySeconds, stepS: 7200 },
  { spanS: 180 * daySeconds, stepS: 21_600 },
  { spanS: 1000 * daySeconds, stepS: daySeconds },
]
const longestRawS = 2 * daySeconds

/** A window that ends with the bin that `nowMs` is in, so that all its bins are whole. */
export function windowRange (window: WindowName, nowMs: number): ChartRange {
  const { days, stepS } = windows[window]
  const toMs = (Math.floor(nowMs / (stepS * 1000)) + 1) * stepS * 1000
  return { fromMs: toMs - days * daySeconds * 1000, toMs, stepS }
}

/** Any range, with a fitting step. */
export function freeRange (fromMs: number, toMs: number): ChartRange {
  const spanS = (toMs - fromMs) / 1000
  const raw = Math.max(1, Math.ceil(spanS / rawBins))
  const stepS = spanS <= longestRawS ? raw : steps.find((step) => spanS <= step.spanS)?.stepS ?? Math.ceil(spanS / rawBins / daySeconds) * daySeconds
  return { fromMs, toMs, stepS }
}
