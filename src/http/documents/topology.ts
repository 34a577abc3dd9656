import type { Pool } from 'pg'
import type { TopologyDocument } from '../../dashboard/pages/topology.js'
import { formatSubject } from '../../incidents/subject.js'
import { nameOf } from '../../incidents/title.js'
import type { LayOut } from '../../topology/layout-cache.js'
import type { MapIssue, MapLink, MapNode } from '../../topology/mesh.js'
import { listIssues } from '../queries/issues.js'
import type { ListAllLinks } from '../queries/links.js'
import { listNodes } from '../queries/nodes.js'
import { findRoute } from '../queries/route.js'
import type { IssueBody } from '../schemas/issues.js'
import type { NodeBody } from '../schemas/nodes.js'
import type { LinkBody } from '../schemas/paths.js'
import { costOf, thinOut } from '../topology.js'
import { foldIssues } from './fold-issues.js'

/** More nodes than that make no map that anybody reads. */
const mostNodes = 2000
const mostLinksPerNode = 50
const mostIssues = 1000
/** Beside the map, with what to do. */
const mostCards = 3

export interface TopologyRequest {
  nowMs: number
  layOut: LayOut
  listAllLinks: ListAllLinks
  /** `src,dst`: the path whose route is shown. */
  highlight?: string
}

/** The mesh as it is now, the worst issues beside it. Throws Refused where `highlight` is no path. */
export async function readTopology (db: Pool, request: TopologyRequest): Promise<TopologyDocument> {
  const open = (await listIssues(db, { status: 'open', limit: mostIssues })).rows.filter(isOfMesh)
  const trees = foldIssues(open)
  return { ...await readMap(db, request, open), issues: trees.slice(0, mostCards), more: Math.max(0, trees.length - mostCards) }
}

/** What the map shows, with these issues marked; those about the quality of data have no place on it. */
export async function readMap (db: Pool, { nowMs, layOut, listAllLinks, highlight }: TopologyRequest, open: readonly IssueBody[]): Promise<Pick<TopologyDocument, 'mesh' | 'layout' | 'ends'>> {
  const { ends, route } = await findRoute(db, highlight, nowMs)
  const nodes = await listNodes(db, { limit: mostNodes }, nowMs)
  const { links: kept, leftOut } = thinOut(await listAllLinks(nowMs), route, mostLinksPerNode)
  const issues = issuesBySubject(open.filter(isOfMesh))
  const links = kept.map((link) => toMapLink(link, issues))
  const mesh = { nodes: mapNodes(nodes.rows, { links, route, leftOut, issues }), links, route }
  return { mesh, layout: layOut(mesh), ends }
}

function isOfMesh ({ category }: IssueBody): boolean {
  return category !== 'data_quality'
}

type Issues = ReadonlyMap<string, MapIssue[]>

function issuesBySubject (issues: readonly IssueBody[]): Issues {
  const bySubject = new Map<string, MapIssue[]>()
  for (const { id, kind, severity, subject } of issues) bySubject.set(subject, [...bySubject.get(subject) ?? [], { id, title: nameOf(kind), severity }])
  return bySubject
}

interface Around { links: readonly MapLink[], route: readonly string[], leftOut: ReadonlyMap<string, number>, issues: Issues }

/** Every name once, those too that only links or the route name. Of two devices of one name, the one that tells where it is. */
function mapNodes (rows: readonly NodeBody[], { links, route, leftOut, issues }: Around): MapNode[] {
  const known = new Map<string, NodeBody>()
  for (const row of rows) if ((known.get(row.id)?.lat ?? null) === null) known.set(row.id, row)
  const ids = new Set([...known.keys(), ...links.flatMap(({ a, b }) => [a, b]), ...route])
  return [...ids].map((id) => {
    const { kind = null, status = 'unknown', lat = null, lon = null, grid_square: gridSquare = null } = known.get(id) ?? {}
    return { id, kind, status, lat, lon, gridSquare, linksLeftOut: leftOut.get(id) ?? 0, issues: issues.get(formatSubject({ type: 'node', node: id })) ?? [] }
  })
}

function toMapLink (link: LinkBody, issues: Issues): MapLink {
  const { a, b, medium, last, hour, ends } = link
  const etx = hour.etx_avg ?? last.etx
  return {
    a,
    b,
    medium,
    etx,
    cost: etx ?? (last.txcost === null ? null : costOf(link)),
    lq: hour.lq_avg ?? last.lq,
    nlq: hour.nlq_avg ?? last.nlq,
    snrAtA: ends.a?.snr_db ?? null,
    snrAtB: ends.b?.snr_db ?? null,
    isSilent: hour.n === 0,
    issues: issues.get(formatSubject({ type: 'link', a, b, medium })) ?? [],
  }
}
