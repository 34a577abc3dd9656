import type { Scope } from '../incidents/subject.js'
import { distinctLists, type FlapMemory, type KnownHop, linkKey, linksOf } from './hop-lists.js'
import { formatNumber, listNames, nodesBetween, pathName } from './path-text.js'
import type { FlapSettings } from './route-flapping.js'
import type { Finding, OpenIncident } from './rule.js'
import { isoOf } from './sql.js'

const mostRoutes = 20
const mostShown = 5

interface Flapping {
  scope: Scope
  incident: OpenIncident | null
  known: FlapMemory
  windows: FlapMemory['windows']
  /** Those that match together. */
  counted: FlapMemory['windows']
}

/** What a person reads of a path whose route changes all the time. */
export function describeFlapping ({ scope, incident, known, windows, counted }: Flapping, settings: FlapSettings): Finding {
  const { open_lists: openLists, major_lists: majorLists } = settings
  const routes = [...new Set(counted.map(({ list }) => list))].map((list) => known.lists[list] ?? [])
  const newest = counted.at(-1)
  const minutes = Math.max(1, Math.ceil(((newest?.timeMs ?? 0) - (counted[0]?.timeMs ?? 0)) / 60_000))
  const weakest = weakestCommonHop(routes, known.hops)
  const between = [...new Set(routes.flatMap((route) => nodesBetween(route, scope)))]
  return {
    severity: routes.length >= majorLists ? 'major' : 'minor',
    cause: `Packets from ${pathName(scope)} took ${routes.length} different routes in ${minutes} min: ${listNames(routes.slice(0, mostShown).map((route) => route.join('-')))}${routes.length > mostShown ? ' and others' : ''}. ` +
      'Routes of almost equal cost, or a link that comes and goes, make the routing daemon change its mind.',
    nextSteps: [
      weakest === null
        ? `Compare the links of these routes and find the one that comes and goes; its quality is not known for ${pathName(scope)}`
        : `Look at the link ${weakest.from}-${weakest.to} first, the weakest that several of these routes share: ${qualityOf(weakest)}`,
      `See whether ${listNames(between.slice(0, mostShown))} restart or lose their neighbours at these times`,
      'Where two routes are equally good, a better antenna on one of them settles it',
    ],
    evidence: {
      metric: 'hop_lists', unit: 'lists', open: openLists, clear: 1, points: counted.slice(-60).map(({ timeMs }, i, shown) => [isoOf(timeMs), distinctLists(shown.slice(0, i + 1))]),
      route: newest === undefined ? [] : known.lists[newest.list], routes: allRoutes(incident, routes), changes: changesOf(counted, windows, known.lists),
      ...(weakest !== null && { weakest_hop: weakest }),
    },
  }
}

/** All hop lists since it opened, the newest last. */
function allRoutes (incident: OpenIncident | null, routes: string[][]): string[][] {
  const before = incident?.finding.evidence['routes']
  const known = Array.isArray(before) ? before.filter((route): route is string[] => Array.isArray(route)) : []
  const byText = new Map([...known, ...routes].map((route) => [JSON.stringify(route), route]))
  return [...byText.values()].slice(-mostRoutes)
}

/** When the list changed, to what, and which nodes left and joined. */
function changesOf (counted: FlapMemory['windows'], windows: FlapMemory['windows'], lists: string[][]): object[] {
  return counted.flatMap(({ timeMs, list }) => {
    const before = windows[windows.findIndex((window) => window.timeMs === timeMs) - 1]
    if (before === undefined || before.list === list) return []
    const [from, to] = [lists[before.list] ?? [], lists[list] ?? []]
    return [{ time: isoOf(timeMs), route: to, left: from.filter((node) => !to.includes(node)), joined: to.filter((node) => !from.includes(node)) }]
  }).slice(-mostRoutes)
}

/** Of the links that at least two of the routes have in common, the one with the highest ETX; null where none is known. */
function weakestCommonHop (routes: string[][], hops: KnownHop[]): KnownHop | null {
  const uses = new Map<string, number>()
  for (const key of routes.flatMap(linksOf)) uses.set(key, (uses.get(key) ?? 0) + 1)
  const common = hops.filter(({ from, to }) => (uses.get(linkKey(from, to)) ?? 0) >= 2)
  return common.sort((a, b) => b.etx - a.etx || weaker(a) - weaker(b))[0] ?? null
}

function weaker ({ lq, nlq }: KnownHop): number {
  return Math.min(lq ?? 1, nlq ?? 1)
}

function qualityOf ({ lq, nlq, etx }: KnownHop): string {
  const percent = (value: number | null) => value === null ? 'unknown' : `${Math.round(value * 100)} %`
  return `ETX ${formatNumber(etx)}, LQ ${percent(lq)}, NLQ ${percent(nlq)}`
}
