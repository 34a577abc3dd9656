import { formatSubject, type Scope } from './subject.js'

/** An incident that is open (not closing), as folding sees it. */
export interface Foldable {
  id: string
  kind: string
  scope: Scope
  startedMs: number
  causedBy: string | null
  /** Hop lists of a path's windows, newest last. */
  routes: string[][]
  /** Nodes that nothing reaches any more, as far as this incident tells: a path that loses all ends there, a link that is down was the last to them. */
  cutOff: string[]
}

/** An incident and the one it is a consequence of. */
export interface Fold { id: string, causedBy: string }

/** Causes of path incidents, the likelier first. */
const causes = ['rf_quality_drop', 'link_down', 'bottleneck_link', 'node_silent', 'node_overload']
/** A node that lost one link may be well behind it; one that lost all of several at once hardly is. */
const leastLinks = 2
const consequences: ReadonlySet<string> = new Set(['jitter_burst', 'loss_spike', 'route_flapping'])

/**
 * Finds causes for incidents that have none yet; what is set stays. `minPaths` paths to one node that lose everything have one cause, and so have
 * all links whose fall cut one node off. Pure, and independent of the order given.
 */
export function fold (incidents: Foldable[], minPaths: number): Fold[] {
  const sorted = incidents.toSorted(byAge)
  const causesBySubject = indexCauses(sorted)
  const folds: Fold[] = []
  for (const incident of sorted) {
    if (incident.causedBy !== null) continue
    const cause = findCause(incident, causesBySubject)
    if (cause !== undefined && cause.id !== incident.id) folds.push({ id: incident.id, causedBy: cause.id })
  }
  const folded = new Set(folds.map(({ id }) => id))
  return [...folds, ...foldCutOff(sorted.filter(({ id }) => !folded.has(id)), causesBySubject, minPaths)]
}

/** Whether others may be its consequences. */
export function isCause ({ kind }: Foldable): boolean {
  return causes.includes(kind)
}

type ByPlace = Map<string, Foldable[]>

/** Oldest first at each place: links of several media may lie between the same two nodes. */
function indexCauses (incidents: Foldable[]): ByPlace {
  return group(incidents.filter(isCause), ({ kind, scope }) => key(kind, placeOf(scope)))
}

function findCause ({ kind, scope, routes }: Foldable, known: ByPlace): Foldable | undefined {
  if (kind === 'bottleneck_link') return known.get(key('rf_quality_drop', placeOf(scope)))?.find((cause) => formatSubject(cause.scope) === formatSubject(scope))
  if (!consequences.has(kind)) return undefined
  const places = routes.flatMap(placesOf)
  for (const cause of causes) {
    const found = places.flatMap((place) => known.get(key(cause, place)) ?? []).sort(byAge)[0]
    if (found !== undefined) return found
  }
  return undefined
}

/** Of the incidents by which one node is cut off the oldest stands for the others, and its own cause is that node's silence. */
function foldCutOff (incidents: Foldable[], known: ByPlace, minPaths: number): Fold[] {
  const causedBy = new Map(incidents.flatMap(({ id, causedBy }) => causedBy === null ? [] : [[id, causedBy]]))
  const folds: Fold[] = []
  const add = (id: string, cause: string): void => {
    if (causedBy.has(id)) return
    causedBy.set(id, cause)
    folds.push({ id, causedBy: cause })
  }
  for (const [kind, least] of [['loss_spike', minPaths], ['link_down', leastLinks]] as const) {
    const cutOff = incidents.filter((incident) => incident.kind === kind).flatMap((incident) => incident.cutOff.map((node) => ({ node, id: incident.id })))
    for (const [node, [oldest, ...others]] of group(cutOff, ({ node }) => node)) {
      if (oldest === undefined || others.length + 1 < least) continue
      for (const { id } of others) add(id, oldest.id)
      const silent = known.get(key('node_silent', placeOf({ type: 'node', node })))?.[0]
      if (silent !== undefined) add(oldest.id, silent.id)
    }
  }
  return folds
}

/** Nodes and links of a hop list. A hop list names no media: a link of any medium between two neighbours is on it. */
function placesOf (route: string[]): string[] {
  const nodes = route.map((node) => placeOf({ type: 'node', node }))
  const links = route.slice(1).map((node, i) => placeOf({ type: 'link', a: route[i] ?? '', b: node, medium: 'rf' }))
  return [...links, ...nodes]
}

function placeOf (scope: Scope): string {
  return `${scope.type} ${formatSubject(scope.type === 'link' ? { ...scope, medium: 'rf' } : scope)}`
}

function group<T> (items: T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const known = groups.get(keyOf(item))
    if (known) known.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

function key (kind: string, place: string): string {
  return `${kind} ${place}`
}

function byAge (a: Foldable, b: Foldable): number {
  return a.startedMs - b.startedMs || (a.id < b.id ? -1 : 1)
}
