import { monthName, periodTitle } from './calendar.js'
import type { MeshReport } from './mesh-report.js'
import { headLines } from './radio-text.js'
import { centre, layTable, missing, numberText, type TextTable } from './text-table.js'

/** Rows of a list of the worst. */
const most = 20

/** The report as text, without a final newline. */
export function meshText (report: MeshReport): string {
  const head = layTable(timeTable(report))
  const title = `${report.report_type.toUpperCase()} MESH REPORT for ${periodTitle(report)}`
  const sections = meshTables(report).flatMap(([name, table]) => ['', '', name.toUpperCase(), '', ...layTable(table).lines])
  return [centre(title, head.width).trimEnd(), '', ...headLines(report), countsLine(report), '', ...head.lines, ...sections].join('\n')
}

/** How many there are, and how well they were. */
export function countsLine ({ summary }: MeshReport): string {
  return `PATHS: ${summary.paths}    NODES: ${summary.nodes}    NODE AVAILABILITY: ${share(summary.node_availability_pct)} %    MTTR: ${spanOf(summary.mttr_s)}    CRASHES: ${summary.crashes}`
}

const share = (percent: number | null) => numberText(percent ?? undefined, 2)
const decimals = (value: number | null, digits: number) => numberText(value ?? undefined, digits)

/** `3d 04h`, `4h 05m` or `5m`. */
export function spanOf (seconds: number | null): string {
  if (seconds === null) return missing
  const minutes = Math.round(seconds / 60)
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60]
  const pad = (value: number) => String(value).padStart(2, '0')
  if (days > 0) return `${days}d ${pad(hours)}h`
  return hours > 0 ? `${hours}h ${pad(rest)}m` : `${rest}m`
}

/** A row for each day of a month, for each month of a year, and one below for all. */
export function timeTable ({ summary, daily, monthly }: MeshReport): TextTable {
  const row = (name: string, { path_availability_pct: availability, loss_pct: loss, rtt_ms: rtt, windows, incidents }: typeof summary | NonNullable<typeof daily>[number] | NonNullable<typeof monthly>[number]) =>
    [name, share(availability), decimals(loss, 2), decimals(rtt, 1), numberText(windows, 0, true), String(incidents)]
  return {
    widths: [3, 7, 6, 7, 11, 6],
    heads: [
      [['', 1], ['PATHS', 4], ['', 1]],
      [monthly ? 'MO' : 'DAY', 'AVAIL %', 'LOSS %', 'RTT ms', 'WINDOWS', 'ISSUES'].map((text) => [text, 1]),
    ],
    rows: [...daily?.map((part) => row(String(Number(part.date.slice(8))), part)) ?? [], ...monthly?.map((part) => row(monthName(part.month).slice(0, 3), part)) ?? []],
    foot: row('', summary),
  }
}

/** The lists of the worst that have anything in them, by name. */
export function meshTables ({ paths, nodes, links, incidents, crashes }: MeshReport): [name: string, table: TextTable][] {
  const list = (heads: string[], rows: string[][], left: number[]): TextTable => ({ widths: heads.map(() => 1), heads: [heads.map((text) => [text, 1])], rows: rows.slice(0, most), left })
  const lists: [string, TextTable][] = [
    ['Issues by kind', list(['KIND', 'COUNT', 'FROM OTHERS', 'OPEN', 'DURATION', 'LONGEST', 'MTTR'],
      incidents.map((one) => [one.kind, String(one.count), String(one.consequences), String(one.open_at_end), spanOf(one.duration_s), spanOf(one.longest_s), spanOf(one.mttr_s)]), [0])],
    ['Least available paths', list(['FROM', 'TO', 'AVAIL %', 'LOSS %', 'RTT ms', 'WINDOWS'],
      paths.map((path) => [path.src, path.dst, share(path.availability_pct), decimals(path.loss_pct, 2), decimals(path.rtt_ms, 1), numberText(path.windows, 0, true)]), [0, 1])],
    ['Worst links', list(['BETWEEN', 'AND', 'MEDIUM', 'ETX', 'LQ', 'NLQ'],
      links.map((link) => [link.a, link.b, link.medium, decimals(link.etx, 2), decimals(link.lq, 2), decimals(link.nlq, 2)]), [0, 1, 2])],
    ['Least available nodes', list(['NODE', 'KIND', 'AVAIL %', 'SILENT'], nodes.map((node) => [node.node, node.kind, share(node.availability_pct), spanOf(node.silent_s)]), [0, 1])],
    ['Crashes', list(['NODE', 'COUNT'], crashes.map(({ node, crashes: count }) => [node, String(count)]), [0])],
  ]
  return lists.filter(([, { rows }]) => rows.length > 0)
}
