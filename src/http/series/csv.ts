import type { SeriesBody } from '../schemas/series.js'

/** One line per point: time, metric, unit, mean, min, max (RFC 4180, lines end with CR LF). */
export function toCsv ({ series }: SeriesBody): string {
  const lines = series.flatMap(({ metric, unit, points }) => points.map(([time, ...values]) => [time, quote(metric), quote(unit), ...values].join(',')))
  return ['time,metric,unit,mean,min,max', ...lines, ''].join('\r\n')
}

/** Metric names come from agents. A spreadsheet takes a cell that starts so for a formula; an apostrophe makes it text. */
function quote (text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
