import type { Pool } from 'pg'
import type { ChartTarget, ChartWindow } from '../../dashboard/href.js'
import type { LinkDocument } from '../../dashboard/pages/link.js'
import type { NodeDocument } from '../../dashboard/pages/node.js'
import type { PathDocument } from '../../dashboard/pages/path.js'
import type { PageChart } from '../../dashboard/parts/chart-figure.js'
import { formatSubject, mediumOf, orderEnds } from '../../incidents/subject.js'
import type { Site } from '../../places/sites.js'
import { aimOf } from '../../topology/describe.js'
import { listCrashes } from '../queries/crashes.js'
import { listIssues } from '../queries/issues.js'
import { listLinksBetween, listLinksOf } from '../queries/links.js'
import { findNames } from '../queries/names.js'
import { findHealth, findNode } from '../queries/nodes.js'
import { describePaths, findPath, listPathsOf } from '../queries/paths.js'
import { readPlaceNames } from '../queries/places.js'
import { listHops, listPathsOver, listRouteChanges } from '../queries/routes.js'
import type { IssueBody } from '../schemas/issues.js'
import type { NodeRecordBody } from '../schemas/nodes.js'
import { makeChart, type ChartSource } from '../series/chart.js'
import { linkSource, nodeSource, pathSource, radioSource, type ChartSources } from '../series/sources.js'
import { before } from '../time.js'
import type { ChartLook } from './issue.js'

/** What charts of a page show: how long, in which zone and units. */
export interface ChartsWanted extends ChartLook { window: ChartWindow }

const weekS = 7 * 86_400
const monthS = 30 * 86_400
const mostIssues = 200
const mostCrashes = 50

/** Undefined where nobody ever named such a node. */
export async function readNode (sources: ChartSources, name: string, wanted: ChartsWanted, sites: readonly Site[]): Promise<NodeDocument | undefined> {
  const { db, now } = sources
  const nowMs = now()
  const node = await findNode(db, name, nowMs) ?? null
  const id = node?.id ?? (await findNames(db, [name]))[0]
  if (id === undefined) return undefined
  const [placeOf, health, crashes, issues, paths, links, charts] = await Promise.all([
    readPlaceNames(db, sites, nowMs), findHealth(db, id, nowMs), listCrashes(db, { node: id, since: before(nowMs, weekS), limit: mostCrashes }), listIssues(db, { status: 'open', node: id, limit: mostIssues }),
    listPathsOf(db, id, nowMs), listLinksOf(db, id, nowMs), node === null ? [] : drawCharts(sources, node.kind === 'router' ? chartsOfRouter(sources, id) : chartsOfRadio(sources, id), wanted),
  ])
  return { id, node, place: node && placeOf(node), health: health ?? null, crashes: crashes.rows, issues: issues.rows, paths, links, charts: { window: wanted.window, charts } }
}

/** Undefined where nobody ever named one of the ends. */
export async function readLink (sources: ChartSources, given: { a: string, b: string, medium: string }, wanted: ChartsWanted): Promise<LinkDocument | undefined> {
  const { db, now } = sources
  const [from, to] = await findNames(db, [given.a, given.b])
  if (from === undefined || to === undefined) return undefined
  const { a, b } = orderEnds(from, to)
  const link = { a, b, medium: mediumOf(given.medium.toLowerCase()) }
  const [all, pairs, ends, issues, charts] = await Promise.all([
    listLinksBetween(db, { a, b }, now()), listPathsOver(db, link, now()), Promise.all([a, b].map(async (end) => placedNode(await findNode(db, end, now())))), listHistory(db, { link: formatSubject({ type: 'link', ...link }) }, now()), drawCharts(sources, chartsOfLink(sources, link), wanted),
  ])
  const paths = await describePaths(db, pairs, now())
  const isMeant = ({ medium }: { medium: string }) => medium === link.medium
  return { ...link, link: all.find(isMeant) ?? null, otherMedia: all.filter((one) => !isMeant(one)).map(({ medium }) => medium), aim: aimOf(ends[0], ends[1]), units: wanted.units, paths, ...issues, charts: { window: wanted.window, charts } }
}

function placedNode (node: NodeRecordBody | undefined) {
  return node && { lat: node.lat, lon: node.lon, gridSquare: node.grid_square }
}

/** Undefined where nobody ever named one of the ends. */
export async function readPath (sources: ChartSources, given: { src: string, dst: string }, wanted: ChartsWanted): Promise<PathDocument | undefined> {
  const { db, now } = sources
  const [src, dst] = await findNames(db, [given.src, given.dst])
  if (src === undefined || dst === undefined) return undefined
  const [path, changes, issues, charts] = await Promise.all([
    findPath(db, { src, dst }, now()), listRouteChanges(db, { src, dst }, now()), listHistory(db, { route: [src, dst].map(encodeURIComponent).join(',') }, now()), drawCharts(sources, chartsOfPath(sources, { src, dst }), wanted),
  ])
  return { src, dst, path: path ?? null, hops: path === undefined ? [] : await listHops(db, { src, dst }, path.last), changes, ...issues, charts: { window: wanted.window, charts } }
}

async function listHistory (db: Pool, object: { link: string } | { route: string }, nowMs: number): Promise<{ open: IssueBody[], past: IssueBody[] }> {
  const open = await listIssues(db, { status: 'open', ...object, limit: mostIssues })
  const past = await listIssues(db, { status: 'closed', ...object, since: before(nowMs, monthS), limit: mostIssues })
  return { open: open.rows, past: past.rows }
}

/** A chart that may be drawn. */
export interface Charted { target: Omit<ChartTarget, 'to' | 'window'>, read: () => Promise<ChartSource | undefined> }

function chartsOfRouter (sources: ChartSources, id: string): Charted[] {
  return ['cpu_pct', 'load1', 'mem_mb', 'free_mem_mb'].map((metric) => ({ target: { kind: 'nodes', of: [id], metric }, read: async () => await nodeSource(sources, { id, metric }) }))
}

/** The page of the radio has all. */
function chartsOfRadio (sources: ChartSources, node: string): Charted[] {
  return ['bat_pct', 'last_rssi', 'last_snr'].map((metric) => ({ target: { kind: 'radios', of: [node], metric }, read: async () => await radioSource(sources, { node, metric }) }))
}

function chartsOfLink (sources: ChartSources, link: { a: string, b: string, medium: string }): Charted[] {
  const { a, b, medium } = link
  return ['lq', 'nlq', 'etx', 'signal_dbm', 'snr_db'].map((metric) => ({ target: { kind: 'links', of: [a, b], ...(medium !== 'rf' && { medium }), metric }, read: async () => await linkSource(sources, { ...link, metric }) }))
}

function chartsOfPath (sources: ChartSources, path: { src: string, dst: string }): Charted[] {
  return ['rtt_ms', 'jitter_ms', 'loss_pct'].map((metric) => ({ target: { kind: 'paths', of: [path.src, path.dst], metric }, read: async () => await pathSource(sources, { ...path, metric }) }))
}

/** The charts that have data. */
export async function drawCharts ({ now }: ChartSources, charted: Charted[], wanted: ChartsWanted): Promise<PageChart[]> {
  const drawn = await Promise.all(charted.map(async ({ target, read }): Promise<PageChart[]> => {
    const source = await read()
    const chart = source && await makeChart({ ...source, mayBeEmpty: false }, { ...wanted, nowMs: now(), isInline: true })
    return chart === undefined ? [] : [{ svg: chart.svg, target: { to: 'chart', ...target, window: wanted.window } }]
  }))
  return drawn.flat()
}
