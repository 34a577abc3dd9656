import { readAssets } from '../dashboard/assets.js'
import { drawIssue } from '../dashboard/pages/issue.js'
import { drawIssues } from '../dashboard/pages/issues.js'
import { drawLinks } from '../dashboard/pages/links.js'
import { drawNodes } from '../dashboard/pages/nodes.js'
import { drawOverview } from '../dashboard/pages/overview.js'
import { drawPaths } from '../dashboard/pages/paths.js'
import { drawTopology } from '../dashboard/pages/topology.js'
import { readIssue } from '../http/documents/issue.js'
import { readOverview } from '../http/documents/overview.js'
import { readLinks, readNodes, readPaths } from '../http/documents/tables.js'
import { readTopology } from '../http/documents/topology.js'
import { encodeCursor } from '../http/paging.js'
import { findMeshHealth } from '../http/queries/health.js'
import { listIssues } from '../http/queries/issues.js'
import { createLinkList, type ListAllLinks } from '../http/queries/links.js'
import { listRadios } from '../http/queries/radios.js'
import type { IssueBody } from '../http/schemas/issues.js'
import { createLayoutCache } from '../topology/layout-cache.js'
import { htaccess } from './htaccess.js'
import { page, type Making, type SiteSources } from './making.js'
import { placeTargets } from './places.js'
import { listPlacePages, listRadioPages } from './windows.js'
import { listReportFiles } from './reports.js'
import type { SiteFile } from './write-site.js'

const mostRadios = 1000
const mostIssues = 1000

/** Every file of the site, in the order in which they have to be written. */
export async function listSite (sources: SiteSources): Promise<SiteFile[]> {
  const { db, now, unknownAfterS } = sources
  const nowMs = now()
  const assets = readAssets()
  const radios = (await listRadios(db, { limit: mostRadios }, nowMs)).rows.toReversed()
  const places = placeTargets(radios, assets.fileOf)
  const view = { nowMs, health: await findMeshHealth(db, unknownAfterS, nowMs), isLive: false }
  const layOut = createLayoutCache(1)
  const listAllLinks = createLinkList(db, Infinity)
  const making: Making = { ...sources, places, assets, view }
  return [
    ...[...assets.files].filter(([name]) => !/^(live|panel)\./.test(name)).map(([name, { body }]) => ({ path: `assets/${name}`, isBase: true, make: async () => body.toString() })),
    { path: '.htaccess', make: async () => htaccess },
    ...await listIssuePages(making),
    ...listTables(making, listAllLinks),
    ...await listPlacePages(making),
    ...listRadioPages(making, radios),
    ...await listReportFiles(making, sources.reports),
    page(making, { to: 'topology' }, async (view) => drawTopology(view, await readTopology(db, { nowMs, layOut, listAllLinks }), { ...sources, isComplete: true })),
    page(making, { to: 'overview' }, async (view) => drawOverview(view, await readOverview(db, { nowMs, layOut, listAllLinks }), sources)),
  ]
}

async function listIssuePages (making: Making): Promise<SiteFile[]> {
  const { db, charts, timeZone, units } = making
  const issues = await listAllIssues(db)
  const kinds = [...new Set(issues.map(({ kind }) => kind))].sort()
  return [
    ...issues.map(({ id }) => page(making, { to: 'issue', id }, async (view) => {
      const document = await readIssue(charts, id, { timeZone, units })
      return document === undefined ? null : drawIssue(view, document)
    })),
    page(making, { to: 'issues' }, async (view) => drawIssues(view, { form: { status: 'open' }, issues, kinds, next: null })),
  ]
}

async function listAllIssues (db: Making['db']): Promise<IssueBody[]> {
  const issues: IssueBody[] = []
  for (let page = await listIssues(db, { status: 'open', limit: mostIssues }); ; page = await listIssues(db, { status: 'open', limit: mostIssues, cursor: encodeCursor(page.next) })) {
    issues.push(...page.rows)
    if (page.next === null) return issues
  }
}

/** Every row on one page: other pages refer to single rows. */
function listTables (making: Making, listAllLinks: ListAllLinks): SiteFile[] {
  const { db, view: { nowMs } } = making
  const form = { page: 1, perPage: Number.MAX_SAFE_INTEGER }
  return [
    page(making, { to: 'nodes' }, async (view) => drawNodes(view, await readNodes(db, { ...form, sort: 'node' }, nowMs))),
    page(making, { to: 'links' }, async (view) => drawLinks(view, await readLinks({ db, listAllLinks }, { ...form, sort: 'link' }, nowMs))),
    page(making, { to: 'paths' }, async (view) => drawPaths(view, await readPaths(db, { ...form, sort: 'path' }, nowMs))),
  ]
}
