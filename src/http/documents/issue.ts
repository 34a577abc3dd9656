import type { IssueDocument } from '../../dashboard/pages/issue.js'
import type { PageChart } from '../../dashboard/parts/chart-figure.js'
import type { ChartTarget } from '../../dashboard/href.js'
import type { UnitSystem } from '../../charts/units.js'
import { findIssueDetail } from '../queries/issues.js'
import { identifyRadio } from '../queries/radios.js'
import type { IssueDetailBody } from '../schemas/issues.js'
import { annotate } from '../series/annotations.js'
import { makeChart, type ChartSource } from '../series/chart.js'
import { linkSource, nodeSource, pathSource, radioSource, type ChartSources } from '../series/sources.js'

export interface ChartLook { timeZone: string, units: UnitSystem }

const hourMs = 3_600_000
const longestPadMs = 12 * hourMs

/** Undefined where there is no such issue. */
export async function readIssue (charts: ChartSources, id: string, look: ChartLook): Promise<IssueDocument | undefined> {
  const issue = await findIssueDetail(charts.db, id, charts.now())
  if (issue === undefined) return undefined
  return { issue, charts: await drawEvidence(charts, issue, look) }
}

/** What was measured of the subject before, during and after; what the rule judged by comes first, with its threshold. */
async function drawEvidence (charts: ChartSources, issue: IssueDetailBody, { timeZone, units }: ChartLook): Promise<PageChart[]> {
  const nowMs = charts.now()
  const span = spanAround(issue, nowMs)
  const wanted = await listEvidence(charts, issue)
  const drawn = await Promise.all(wanted.map(async ({ target, read }): Promise<PageChart[]> => {
    const source = await read()
    if (source === undefined) return []
    const chart = await makeChart({ ...source, mayBeEmpty: false }, { window: 'range', ...span, timeZone, units, nowMs, isInline: true, annotations: annotate(issue, target.metric) })
    return chart === undefined ? [] : [{ svg: chart.svg, target: { ...target, issue: issue.id } }]
  }))
  return drawn.flat()
}

/** As long before and after as it lasted, an hour at least, half a day at most; nothing lies after now. */
function spanAround ({ started_at: started, ended_at: ended }: IssueDetailBody, nowMs: number): { from: string, to: string } {
  const [startMs, endMs] = [Date.parse(started), ended === null ? nowMs : Date.parse(ended)]
  const padMs = Math.min(Math.max(endMs - startMs, hourMs), longestPadMs)
  return { from: new Date(startMs - padMs).toISOString(), to: new Date(Math.min(nowMs, endMs + padMs)).toISOString() }
}

interface Evidence { target: ChartTarget, read: () => Promise<ChartSource | undefined> }

async function listEvidence (charts: ChartSources, { scope, evidence }: IssueDetailBody): Promise<Evidence[]> {
  const { type, src = '', dst = '', a = '', b = '', medium = 'rf', node = '' } = scope
  const judged = typeof evidence['metric'] === 'string' ? evidence['metric'] : ''
  const first = (metrics: string[]) => [...metrics].sort((x, y) => Number(y === judged) - Number(x === judged))
  switch (type) {
    case 'path': return first(['loss_pct', 'jitter_ms', 'rtt_ms']).map((metric) => ({
      target: { to: 'chart', kind: 'paths', of: [src, dst], metric, window: 'day' }, read: async () => await pathSource(charts, { src, dst, metric }),
    }))
    case 'link': return first(['lq', 'nlq', 'etx', 'signal_dbm', 'snr_db']).map((metric) => ({
      target: { to: 'chart', kind: 'links', of: [a, b], ...(medium !== 'rf' && { medium }), metric, window: 'day' }, read: async () => await linkSource(charts, { a, b, medium, metric }),
    }))
    case 'node': return await identifyRadio(charts.db, node) === undefined
      ? first(['cpu_pct', 'load1', 'free_mem_mb']).map((metric) => ({ target: { to: 'chart', kind: 'nodes', of: [node], metric, window: 'day' }, read: async () => await nodeSource(charts, { id: node, metric }) }))
      : first(['bat_pct', 'bat', 'last_rssi', 'last_snr']).map((metric) => ({ target: { to: 'chart', kind: 'radios', of: [node], metric, window: 'day' }, read: async () => await radioSource(charts, { node, metric }) }))
    default: return []
  }
}
