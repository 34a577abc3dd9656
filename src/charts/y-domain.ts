import type { Summary } from './points.js'

/** Values that an axis shows even where the data have less; it grows where they have more. */
export interface Span {
  from: number
  to: number
  /** The span is an assumption: where all values lie outside, it is not theirs. */
  isAssumed?: boolean
}

const margin = 0.1
/** What no measurement tells apart. */
const nothing = 1e-9

/**
 * The ends of a value axis: the metric's span, else what the data have and a tenth more on either side, but not below 0 for their sake.
 * `alsoShown` are values of thresholds.
 */
export function yDomain (summary: Pick<Summary, 'min' | 'max'> | null, span?: Span, alsoShown: readonly number[] = []): [from: number, to: number] {
  const shown = [...summary === null ? [] : [summary.min, summary.max], ...alsoShown]
  if (shown.length === 0) return span === undefined ? [0, 1] : [span.from, span.to]
  const [min, max] = [Math.min(...shown), Math.max(...shown)]
  const fits = span !== undefined && !(span.isAssumed === true && (min > span.to || max < span.from))
  if (fits) return [Math.min(span.from, min), Math.max(span.to, max)]
  const isFlat = max - min < nothing
  const size = isFlat ? Math.abs(min) : max - min
  const pad = size < nothing ? 1 : size * margin
  return [min >= 0 ? Math.max(0, min - pad) : min - pad, max + pad]
}
