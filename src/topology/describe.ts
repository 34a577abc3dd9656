import type { UnitSystem } from '../charts/units.js'
import { bearingDeg, distanceKm, formatBearing, formatDistance, placeOf, squareOf } from './geo.js'
import type { Spot } from './layout.js'
import type { MapLink, MapNode } from './mesh.js'
import { mapTexts as texts } from './texts.js'

/** How far and in which direction the other end of a link is. */
export interface Aim {
  km: number
  /** From a to b, and back: degrees from true north. */
  thereDeg: number
  backDeg: number
  /** An end is known by its grid square only. */
  isAbout: boolean
}

type Placed = Pick<MapNode, 'lat' | 'lon' | 'gridSquare'>

/** null where the place of an end is not known, or both are the same. */
export function aimOf (a: Placed | undefined, b: Placed | undefined): Aim | null {
  const [from, to] = [a && placeOf(a), b && placeOf(b)]
  if (!from || !to || (from.lat === to.lat && from.lon === to.lon)) return null
  return { km: distanceKm(from, to), thereDeg: bearingDeg(from, to), backDeg: bearingDeg(to, from), isAbout: from.isSquare || to.isSquare }
}

/** The name, what is out of the ordinary, and the grid square. */
export function describeNode (node: MapNode, spot: Spot): string {
  const place = placeOf(node)
  const square = place !== null && !place.isSquare ? squareOf(place) : node.gridSquare ?? ''
  const facts = [texts.statuses[node.status], texts.spots[spot.from], square, node.linksLeftOut > 0 ? texts.leftOut(node.linksLeftOut) : '', ...node.issues.map(({ title }) => title)]
  return [node.id, ...facts.filter((fact) => fact !== '')].join(', ').replace(', ', ': ')
}

/** Both ends and the figures of both directions: what a hears first. */
export function describeLink (link: MapLink, aim: Aim | null, units: UnitSystem): string {
  const { a, b, medium, isSilent, issues } = link
  const facts = [...issues.map(({ title }) => title), ...isSilent ? [texts.noReport] : [], ...figuresOf(link), ...aim === null ? [] : [describeAim(aim, units)]]
  return `${a} – ${b}${medium === 'rf' ? '' : ` (${texts.media[medium] ?? medium})`}${facts.length === 0 ? '' : `: ${facts.join(', ')}`}`
}

/** `12.3 km, 45°`: the direction is that of the first end's antenna. */
export function describeAim (aim: Aim, units: UnitSystem): string {
  return `${describeDistance(aim, units)}, ${formatBearing(aim.thereDeg)}`
}

/** `12.3 km`, and `≈ 12.3 km` where an end is known by its grid square only. */
export function describeDistance ({ km, isAbout }: Aim, units: UnitSystem): string {
  return `${isAbout ? '≈ ' : ''}${formatDistance(km, units)}`
}

/** `ETX 1.20`, `LQ 97/95 %`, `SNR 24/22 dB`, as far as known. */
function figuresOf ({ etx, lq, nlq, snrAtA, snrAtB }: MapLink): string[] {
  return [
    ...etx === null ? [] : [`ETX ${etx.toFixed(2)}`],
    ...both('LQ', '%', [lq, nlq].map((value) => value === null ? null : value * 100)),
    ...both('SNR', 'dB', [snrAtA, snrAtB]),
  ]
}

function both (name: string, unit: string, values: (number | null)[]): string[] {
  return values.every((value) => value === null) ? [] : [`${name} ${values.map((value) => value === null ? '?' : Math.round(value)).join('/')} ${unit}`]
}
