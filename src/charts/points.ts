import { max, mean, median, min, pairs } from 'd3-array'

/** Values of one bin; of a single reading all three are alike. */
export interface ChartPoint {
  /** The middle of the bin, milliseconds since 1970. */
  timeMs: number
  mean: number
  min: number
  max: number
}

/** What is drawn, and over which time. */
export interface ChartData {
  /** Oldest first. */
  points: readonly ChartPoint[]
  /** Width of a bin. */
  stepS: number
  fromMs: number
  toMs: number
}

export interface Summary { min: number, avg: number, max: number, last: number }

/** One reading may be missing and the next come half a step late: two that are missing make a gap. */
const gapSteps = 2.5
/** Readings rarer than this part of the range are single ones, not a line. */
const leastPerRange = 24

/** No measurement is greater; an axis to it could not be written. */
const greatest = 1e15

/** Points whose values are numbers that can be drawn; what is beside the range by half a bin stands at its edge. */
export function usablePoints ({ points, fromMs, toMs }: ChartData): ChartPoint[] {
  return points
    .filter((point) => [point.timeMs, point.mean, point.min, point.max].every((value) => Math.abs(value) <= greatest))
    .map((point) => ({ ...point, timeMs: Math.min(Math.max(point.timeMs, fromMs), toMs) }))
}

/**
 * How long may pass between two points of a line: 2.5 steps. A step is the usual (median) time between two points, at least a bin and
 * at most a 24th of the range: a radio that is asked every 15 minutes has no gap in each of its bins of two minutes.
 */
export function gapMs (points: readonly ChartPoint[], { stepS, fromMs, toMs }: ChartData): number {
  const usual = median(pairs(points, (a, b) => b.timeMs - a.timeMs)) ?? 0
  return gapSteps * Math.max(stepS * 1000, Math.min(usual, (toMs - fromMs) / leastPerRange))
}

/** The runs of points without a gap. */
export function splitAtGaps (points: readonly ChartPoint[], longestMs: number): ChartPoint[][] {
  const runs: ChartPoint[][] = []
  for (const [i, point] of points.entries()) {
    const previous = points[i - 1]
    if (previous === undefined || point.timeMs - previous.timeMs > longestMs) runs.push([point])
    else runs.at(-1)?.push(point)
  }
  return runs
}

/** Least and greatest of the values themselves, not of their means; the average weighs each bin alike, so that it is one over time. Null: no points. */
export function summarise (points: readonly ChartPoint[]): Summary | null {
  const last = points.at(-1)
  if (last === undefined) return null
  return { min: min(points, (point) => point.min) ?? NaN, avg: mean(points, (point) => point.mean) ?? NaN, max: max(points, (point) => point.max) ?? NaN, last: last.mean }
}
