import { zooms } from './labels.js'
import { frame, type Layout } from './layout.js'
import type { MapLink } from './mesh.js'

/** A part of the map in its units, of the frame's proportions; `names`: which of them show, by the magnification they were placed for. */
export interface Part { x: number, y: number, width: number, height: number, zoom: number, names: number }

/** Room around nodes for their names, as it is seen. */
const margin = 70
/** Of a link alone something of its surroundings is seen. */
const mostZoom = 6

/** These nodes and all that links lead to from them. */
export function connectedTo (ids: readonly string[], links: readonly Pick<MapLink, 'a' | 'b'>[]): Set<string> {
  const neighbours = new Map<string, string[]>()
  for (const { a, b } of links) for (const [from, to] of [[a, b], [b, a]] as const) neighbours.set(from, [...neighbours.get(from) ?? [], to])
  const found = new Set(ids)
  for (const id of found) for (const next of neighbours.get(id) ?? []) found.add(next)
  return found
}

/** The part of the map that these nodes stand in; all of it where none of them has a spot of its own. */
export function partAround (ids: ReadonlySet<string>, { spots }: Layout): Part {
  const inside = [...ids].flatMap((id) => spots.get(id) ?? []).filter(({ from }) => from !== 'edge' && from !== 'nothing')
  if (inside.length === 0) return { x: 0, y: 0, ...frame, zoom: 1, names: 1 }
  const [left, right, top, bottom] = [Math.min(...inside.map(({ x }) => x)), Math.max(...inside.map(({ x }) => x)), Math.min(...inside.map(({ y }) => y)), Math.max(...inside.map(({ y }) => y))]
  const zoom = Math.min(mostZoom, Math.max(1, Math.min((frame.width - 2 * margin) / Math.max(1, right - left), (frame.height - 2 * margin) / Math.max(1, bottom - top))))
  const [width, height] = [Math.round(frame.width / zoom), Math.round(frame.height / zoom)]
  const within = (value: number, most: number) => Math.round(Math.min(Math.max(value, 0), most))
  return {
    x: within((left + right - width) / 2, frame.width - width),
    y: within((top + bottom - height) / 2, frame.height - height),
    width,
    height,
    zoom,
    names: Math.max(...zooms.filter((level) => level <= zoom)),
  }
}
