import type { Pool } from 'pg'
import { linkColumns, type LinksDocument, type LinksForm } from '../../dashboard/pages/links.js'
import { nodeColumns, type NodesDocument, type NodeRow, type NodesForm } from '../../dashboard/pages/nodes.js'
import { pathColumn, pathColumns, type PathsDocument, type PathsForm } from '../../dashboard/pages/paths.js'
import { pickPage, type TablePage } from '../../dashboard/table.js'
import { mostPairs, type ListAllLinks } from '../queries/links.js'
import { listNodeTable } from '../queries/node-table.js'
import { describePaths, listPairsNamed } from '../queries/paths.js'
import { sparkLinks, sparkNodes, sparkPaths } from '../queries/sparklines.js'
import type { PathBody } from '../schemas/paths.js'

/** Rows that are read to be sorted: more nobody looks through. */
const mostNodes = 10_000
const mostPaths = 5000
const hourMs = 3_600_000

/** Whether a name has the text in it; any does without one. */
function holds (q: string | undefined, ...names: string[]): boolean {
  return q === undefined || names.some((name) => name.toLowerCase().includes(q.toLowerCase()))
}

/** Retired nodes only where they are asked for. */
export async function readNodes (db: Pool, form: NodesForm, nowMs: number): Promise<NodesDocument> {
  const { q, status, kind } = form
  const all = await listNodeTable(db, mostNodes, nowMs)
  const rows = all.slice(0, mostNodes).filter((node) => holds(q, node.id) && (status === undefined ? node.status !== 'retired' : node.status === status) && (kind === undefined || node.kind === kind))
  const table = pickPage(rows, nodeColumns, form)
  const ofMetric = async (metric: 'cpu_pct' | 'load1', isMeant: (node: NodeRow) => boolean): Promise<[string, string][]> => {
    const ids = table.rows.filter((node) => node.kind === 'router' && isMeant(node)).map(({ id }) => id)
    const sparks = await sparkNodes(db, ids, metric, nowMs)
    return ids.map((id, i) => [id, sparks[i] ?? ''])
  }
  const sparks = new Map([...await ofMetric('cpu_pct', (node) => !tellsLoadOnly(node)), ...await ofMetric('load1', tellsLoadOnly)])
  return { form, table: { ...table, rows: table.rows.map((node) => ({ ...node, spark: node.kind === 'router' ? sparks.get(node.id) ?? null : null })) }, isCut: all.length > mostNodes }
}

export async function readLinks ({ db, listAllLinks }: { db: Pool, listAllLinks: ListAllLinks }, form: LinksForm, nowMs: number): Promise<LinksDocument> {
  const { q, node, medium, only } = form
  const all = await listAllLinks(nowMs)
  const name = node?.toLowerCase()
  const rows = all.filter((link) => holds(q, link.a, link.b) && (name === undefined || [link.a, link.b].some((end) => end.toLowerCase() === name)) &&
    (medium === undefined || link.medium === medium) && (only !== 'issues' || link.open_issues.length > 0) && (only !== 'one-way' || link.ends.a === null || link.ends.b === null))
  const table = pickPage(rows, linkColumns, form)
  return { form, table: withSparks(table, await sparkLinks(db, table.rows, 'lq', nowMs)), media: [...new Set(all.map((link) => link.medium))].sort(), isCut: all.length >= mostPairs }
}

export async function readPaths (db: Pool, form: PathsForm, nowMs: number): Promise<PathsDocument> {
  const { q, node, only } = form
  const all = await listPairsNamed(db, { q, node, most: mostPaths }, nowMs)
  const pairs = all.slice(0, mostPaths)
  const isMeant = (path: PathBody) => (only !== 'issues' || path.open_issues.length > 0) && (only !== 'quiet' || Date.parse(path.last.time) < nowMs - hourMs)
  const table = form.sort === pathColumn.name && only === undefined
    ? await describePage(db, pickPage(pairs, [pathColumn], form), nowMs)
    : pickPage((await describePaths(db, pairs, nowMs)).filter(isMeant), pathColumns, form)
  return { form, table: withSparks(table, await sparkPaths(db, table.rows, 'rtt_ms', nowMs)), isCut: all.length > mostPaths }
}

/** By name the page is known before the paths are: the state of the others need not be read. */
async function describePage (db: Pool, page: TablePage<Pick<PathBody, 'src' | 'dst'>>, nowMs: number): Promise<TablePage<PathBody>> {
  return { ...page, rows: await describePaths(db, page.rows, nowMs) }
}

function tellsLoadOnly ({ cpu_pct: cpu, load1 }: NodeRow): boolean {
  return cpu === null && load1 !== null
}

function withSparks<Row> (table: TablePage<Row>, sparks: string[]): TablePage<Row & { spark: string }> {
  return { ...table, rows: table.rows.map((row, i) => ({ ...row, spark: sparks[i] ?? '' })) }
}
