/** An open issue, as the map marks it; the title says what is wrong, where it is marked says where. */
export interface MapIssue { id: string, title: string, severity: 'minor' | 'major' | 'critical' }

export interface MapNode {
  id: string
  /** null for a node that only others name. */
  kind: string | null
  status: 'active' | 'inactive' | 'dead' | 'unknown'
  lat: number | null
  lon: number | null
  /** Maidenhead locator; places a node that tells no coordinates. */
  gridSquare: string | null
  issues: MapIssue[]
  /** Links that are not among those drawn. */
  linksLeftOut: number
}

export interface MapLink {
  a: string
  b: string
  /** rf, tunnel, dtd, xlink, … */
  medium: string
  etx: number | null
  /** etx, else what the routing reckons it costs: 1 is perfect. null where neither is known. */
  cost: number | null
  /** How a hears b, 0 to 1, and b hears a. */
  lq: number | null
  nlq: number | null
  /** SNR in dB at a and at b. */
  snrAtA: number | null
  snrAtB: number | null
  /** No report within an hour. */
  isSilent: boolean
  issues: MapIssue[]
}

/** What a map shows. */
export interface Mesh {
  nodes: MapNode[]
  links: MapLink[]
  /** Nodes of the highlighted route, hop by hop; empty without one. */
  route: string[]
}

/** The one that matters most comes last. */
export const qualities = ['silent', 'unknown', 'good', 'fair', 'poor', 'bad'] as const
export type Quality = typeof qualities[number]

/** Least cost that is no longer good, fair, poor. Rules look at hops from 1.25; 2 is every second frame lost on the way there and back. */
const limits = { good: 1.25, fair: 2, poor: 4 } as const

export function qualityOf ({ cost, isSilent }: Pick<MapLink, 'cost' | 'isSilent'>): Quality {
  if (isSilent) return 'silent'
  if (cost === null) return 'unknown'
  return cost < limits.good ? 'good' : cost < limits.fair ? 'fair' : cost < limits.poor ? 'poor' : 'bad'
}

const severities = ['minor', 'major', 'critical'] as const

/** The gravest of some issues; undefined of none. */
export function worstOf (issues: readonly MapIssue[]): MapIssue | undefined {
  return issues.reduce<MapIssue | undefined>((worst, issue) => worst === undefined || severities.indexOf(issue.severity) > severities.indexOf(worst.severity) ? issue : worst, undefined)
}

/** Tells pairs apart, whichever end comes first. */
export function pairKey (a: string, b: string): string {
  return a < b ? `${a}\n${b}` : `${b}\n${a}`
}

/** The best link of each step of the route; undefined where none is known between the two. */
export function hopsOf ({ links, route }: Mesh): { from: string, to: string, link: MapLink | undefined }[] {
  const best = new Map<string, MapLink>()
  const weight = ({ isSilent, cost }: MapLink) => (isSilent ? 1000 : 0) + (cost ?? 500)
  for (const link of links) {
    const known = best.get(pairKey(link.a, link.b))
    if (known === undefined || weight(link) < weight(known)) best.set(pairKey(link.a, link.b), link)
  }
  return route.slice(1).map((to, i) => {
    const from = route[i] ?? ''
    return { from, to, link: best.get(pairKey(from, to)) }
  })
}
