import type { Pool } from 'pg'
import { fold, type Foldable } from '../incidents/fold.js'
import { covers } from '../incidents/maintenance.js'
import { maintenanceAt } from '../incidents/maintenance-at.js'
import type { OpenRow } from '../incidents/open.js'
import type { Standing, Surroundings } from '../incidents/outcome.js'
import type { EngineSettings } from './judge-slot.js'
import type { Claim } from './slots.js'

/** What lies around the open incidents: their causes, the maintenance that covers them, and whom they hit. */
export async function survey (pool: Pool, standing: Standing[], { before, claim, settings }: { before: Map<string, OpenRow>, claim: Claim, settings: EngineSettings }): Promise<Surroundings> {
  const { atMs } = claim
  const { fold_min_paths: minPaths, fold_wait_s: foldWaitS } = settings.general
  const folds = fold(standing.filter(({ phase }) => phase === 'open').map((one) => foldable(one, before)), minPaths)
  const maintenance = standing.length === 0 ? [] : await maintenanceAt(pool, atMs)
  const covered = standing.filter(({ scope }) => maintenance.some((one) => covers(one, scope, atMs)))
  return {
    atMs,
    foldWaitMs: foldWaitS * 1000,
    categories: new Map(settings.rules.map(({ rule }) => [rule.name, rule.category])),
    before,
    causedBy: new Map(folds.map(({ id, causedBy }) => [id, causedBy])),
    inMaintenance: new Set(covered.map(({ incident }) => incident.id)),
    impact: new Map(),
  }
}

/** Rules of paths put the hop lists they saw into their evidence. */
export function foldable ({ kind, scope, incident }: Standing, before: Map<string, OpenRow>): Foldable {
  const { route, routes, loss_pct: lossPct } = incident.finding.evidence
  return {
    id: incident.id,
    kind,
    scope,
    startedMs: incident.startedMs,
    causedBy: before.get(incident.id)?.caused_by ?? null,
    routes: [...(isRoutes(routes) ? routes : []), ...(isRoute(route) ? [route] : [])],
    isCutOff: lossPct === 100,
  }
}

function isRoute (value: unknown): value is string[] {
  return Array.isArray(value) && value.every((node) => typeof node === 'string')
}

function isRoutes (value: unknown): value is string[][] {
  return Array.isArray(value) && value.every(isRoute)
}
