/* eslint-disable sql/constants -- constants with values as parameters */
import type { ClientBase, Pool } from 'pg'
import { fold, type Foldable, isCause } from '../incidents/fold.js'
import { findImpact, findRoutes, type Impact, impactOf, type ImpactRow } from '../incidents/impact.js'
import { covers } from '../incidents/maintenance.js'
import { maintenanceAt } from '../incidents/maintenance-at.js'
import type { OpenRow } from '../incidents/open.js'
import type { Standing, Surroundings } from '../incidents/outcome.js'
import { formatSubject } from '../incidents/subject.js'
import type { EngineSettings } from './judge-slot.js'
import { crosses } from './marks.js'
import type { Claim } from './slots.js'

/** The digests of a moment; in a replay they are temporary tables of one connection. */
type Db = Pool | ClientBase

/** What lies around the open incidents: their causes, the maintenance that covers them, and whom they hit. */
export async function survey (pool: Pool, standing: Standing[], { before, claim, settings }: { before: Map<string, OpenRow>, claim: Claim, settings: EngineSettings }): Promise<Surroundings> {
  const { atMs, priorAtMs } = claim
  const { general } = settings
  const isDue = crosses(priorAtMs, atMs, general.impact_every_s * 1000)
  const maintenance = standing.length === 0 ? [] : await maintenanceAt(pool, atMs)
  const covered = standing.filter(({ scope }) => maintenance.some((one) => covers(one, scope, atMs)))
  return {
    atMs,
    foldWaitMs: general.fold_wait_s * 1000,
    categories: new Map(settings.rules.map(({ rule }) => [rule.name, rule.category])),
    before,
    causedBy: await findCauses(pool, standing, { causedBy: (id) => before.get(id)?.caused_by ?? null, atMs, settings }),
    inMaintenance: new Set(covered.map(({ incident }) => incident.id)),
    impact: await measureImpact(pool, standing.filter(({ incident }) => isDue || !before.has(incident.id)), { atMs, settings }),
  }
}

/** The cause of each open incident that has none yet and now finds one, by id. `causedBy` tells the known ones. */
export async function findCauses (db: Db, standing: Standing[], { causedBy, atMs, settings }: { causedBy: (id: string) => string | null, atMs: number, settings: EngineSettings }): Promise<Map<string, string>> {
  const open = standing.filter(({ phase }) => phase === 'open').map((one) => foldable(one, causedBy(one.incident.id)))
  const lost = open.some(isCause) ? open.filter(({ causedBy, scope, routes }) => causedBy === null && scope.type === 'path' && !routes.some((route) => route.length > 1)) : []
  const known = await loadRoutes(db, lost, { atMs, spanMs: settings.general.impact_span_s * 1000 })
  const folds = fold(open.map((one) => ({ ...one, routes: known.get(formatSubject(one.scope)) ?? one.routes })), settings.general.fold_min_paths)
  return new Map(folds.map(({ id, causedBy }) => [id, causedBy]))
}

/** Whom each incident hits, by id. */
export async function measureImpact (db: Db, standing: Standing[], { atMs, settings: { general } }: { atMs: number, settings: EngineSettings }): Promise<Map<string, Impact>> {
  const scopes = standing.map(({ scope }) => scope)
  const statement = findImpact(scopes, atMs, { spanMs: general.impact_span_s * 1000, paths: general.impact_paths })
  const rows = statement === null ? [] : (await db.query<ImpactRow>(statement)).rows
  return new Map(impactOf(scopes, rows).map((impact, i) => [standing[i]?.incident.id ?? '', impact]))
}

/** A path of which everything is lost may have no route any more: the last one it had tells where it broke. */
async function loadRoutes (db: Db, paths: Foldable[], { atMs, spanMs }: { atMs: number, spanMs: number }): Promise<Map<string, string[][]>> {
  const scopes = paths.flatMap(({ scope }) => scope.type === 'path' ? [scope] : [])
  if (scopes.length === 0) return new Map()
  const { rows } = await db.query<{ src: string, dst: string, route: string[] }>(findRoutes(scopes, atMs, spanMs))
  const routes = new Map<string, string[][]>()
  // Newest first: the first of a path is its last known.
  for (const { src, dst, route } of rows) {
    const subject = formatSubject({ type: 'path', src, dst })
    if (!routes.has(subject)) routes.set(subject, [route])
  }
  return routes
}

/** Rules of paths put the hop lists they saw into their evidence, that of links which nodes it cut off. */
function foldable ({ kind, scope, incident }: Standing, causedBy: string | null): Foldable {
  const { route, routes, loss_pct: lossPct, cut_off: cutOff } = incident.finding.evidence
  return {
    id: incident.id,
    kind,
    scope,
    startedMs: incident.startedMs,
    causedBy,
    routes: [...(isRoutes(routes) ? routes : []), ...(isRoute(route) ? [route] : [])],
    cutOff: scope.type === 'path' ? (lossPct === 100 ? [scope.dst] : []) : isRoute(cutOff) ? cutOff : [],
  }
}

function isRoute (value: unknown): value is string[] {
  return Array.isArray(value) && value.every((node) => typeof node === 'string')
}

function isRoutes (value: unknown): value is string[][] {
  return Array.isArray(value) && value.every(isRoute)
}
