import type { Pool } from 'pg'
import type { PlaceDocument, PlaceEvent } from '../../dashboard/pages/site.js'
import type { SitesDocument } from '../../dashboard/pages/sites.js'
import type { Place } from '../../places/group.js'
import type { Site } from '../../places/sites.js'
import { listIssuesAt, listBreakers, listRestarts, mostEvents } from '../queries/place-events.js'
import { listOpenIssuesAt, listPlaces, type PlaceMember } from '../queries/places.js'
import { listLinksOf } from '../queries/links.js'
import type { LinkBody } from '../schemas/paths.js'
import { linkSource, nodeSource, radioSource, type ChartSources } from '../series/sources.js'
import { drawCharts, type Charted, type ChartsWanted } from './details.js'

const weekMs = 7 * 86_400_000
/** Members whose charts are drawn; the others have them on their own pages. */
const mostCharted = 8
/** Links of a node whose noise is drawn. */
const mostNoises = 2

export async function readSites (db: Pool, sites: readonly Site[], nowMs: number): Promise<SitesDocument> {
  const places = await listPlaces(db, sites, nowMs)
  const open = await listOpenIssuesAt(db, places.flatMap(({ members }) => members.map(({ id }) => id)))
  return { places: places.map((place) => ({ ...place, issues: [...new Map(place.members.flatMap(({ id }) => (open.get(id) ?? []).map((issue) => [issue.id, issue] as const))).values()] })) }
}

/** Undefined where there is no place of this name. */
export async function readPlace (sources: ChartSources, sites: readonly Site[], name: string, wanted: ChartsWanted): Promise<PlaceDocument | undefined> {
  const { db, now } = sources
  const nowMs = now()
  const place = (await listPlaces(db, sites, nowMs)).find((place) => place.name.toLowerCase() === name.toLowerCase())
  if (place === undefined) return undefined
  const [issues, events, charts] = await Promise.all([
    listIssuesAt(db, idsOf(place), nowMs), listEvents(db, place, nowMs), listCharts(sources, place).then(async (charted) => await drawCharts(sources, charted, wanted)),
  ])
  const all = [...events, ...issues.flatMap((issue): PlaceEvent[] => [
    { type: 'issue', at: issue.started_at, isOpening: true, issue },
    ...issue.ended_at === null ? [] : [{ type: 'issue' as const, at: issue.ended_at, isOpening: false, issue }],
  ])].filter(({ at }) => Date.parse(at) >= nowMs - weekMs).sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
  return {
    ...place,
    open: issues.filter(({ status }) => status !== 'closed'),
    events: all.slice(0, mostEvents),
    isCut: all.length > mostEvents,
    uncharted: Math.max(0, place.members.length - mostCharted),
    charts: { window: wanted.window, charts },
  }
}

async function listEvents (db: Pool, place: Place<PlaceMember>, nowMs: number): Promise<PlaceEvent[]> {
  const nodes = idsOf(place, (kind) => kind === 'router')
  const radios = idsOf(place, (kind) => kind !== 'router')
  const [restarts, breakers] = await Promise.all([listRestarts(db, { nodes, radios }, nowMs), listBreakers(db, radios, nowMs)])
  return [
    ...restarts.map(({ node, time, up_for_s: upForS }): PlaceEvent => ({ type: 'restart', at: time, node, upForS })),
    ...breakers.map(({ node, time, event, reason }): PlaceEvent => ({ type: 'worker', at: time, node, event, reason })),
  ]
}

/** Battery, noise, load and uptime of each, one under the other. */
async function listCharts (sources: ChartSources, { members }: Place<PlaceMember>): Promise<Charted[]> {
  const charted = members.slice(0, mostCharted)
  const links = await Promise.all(charted.map(async ({ id, kind }) => kind === 'router' ? await listLinksOf(sources.db, id, sources.now()) : []))
  return charted.flatMap(({ id, kind }, i) => kind === 'router' ? [...chartsOfNode(sources, id), ...chartsOfNoise(sources, links[i] ?? [])] : chartsOfRadio(sources, { id, kind }))
}

function chartsOfRadio (sources: ChartSources, { id, kind }: Pick<PlaceMember, 'id' | 'kind'>): Charted[] {
  return ['bat_pct', 'noise_floor', kind === 'companion' ? 'uptime_secs' : 'uptime'].map((metric) => ({ target: { kind: 'radios', of: [id], metric }, read: async () => await radioSource(sources, { node: id, metric }) }))
}

function chartsOfNode (sources: ChartSources, id: string): Charted[] {
  return ['cpu_pct', 'load1'].map((metric) => ({ target: { kind: 'nodes', of: [id], metric }, read: async () => await nodeSource(sources, { id, metric }) }))
}

function chartsOfNoise (sources: ChartSources, links: LinkBody[]): Charted[] {
  const metric = 'noise_dbm'
  return links.filter(({ ends }) => [ends.a, ends.b].some((end) => end !== null && end.signal_dbm !== null)).slice(0, mostNoises).map(({ a, b, medium }) => ({
    target: { kind: 'links', of: [a, b], ...(medium !== 'rf' && { medium }), metric }, read: async () => await linkSource(sources, { a, b, medium, metric }),
  }))
}

function idsOf ({ members }: Place<PlaceMember>, isMeant: (kind: PlaceMember['kind']) => boolean = () => true): string[] {
  return [...new Set(members.filter(({ kind }) => isMeant(kind)).map(({ id }) => id))]
}
