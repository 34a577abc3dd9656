import { median, quantile } from 'd3-array'
import { distanceKm, type Place } from './geo.js'

export interface Box { left: number, top: number, right: number, bottom: number }

export interface Projection {
  /** `isOutside`: too far away for this map, so it stands at its edge, in its direction. */
  at: (place: Place) => { x: number, y: number, isOutside: boolean }
  /** The same without the edge. */
  project: (place: Place) => { x: number, y: number }
  /** In the middle of the map: Mercator stretches towards the poles. */
  pxPerKm: number
}

const radians = Math.PI / 180
/** Mercator has no poles. */
const mostLat = 85
/** A mesh of one roof still shows its surroundings. */
const leastSpanKm = 2
/** Further than this many times what three quarters of the nodes keep to is another region: a tunnel across an ocean must not shrink the mesh to a dot. */
const outlierTimes = 6
const outlierLeastKm = 25

/** Mercator, north up, fitted to a box; null without places. */
export function fitProjection (places: readonly Place[], box: Box): Projection | null {
  const lonOf = median(places, ({ lon }) => lon)
  const latOf = median(places, ({ lat }) => lat)
  if (lonOf === undefined || latOf === undefined) return null
  const middle: Place = { lat: latOf, lon: lonOf }
  const flat = ({ lat, lon }: Place) => ({ x: turn(lon - lonOf) * radians, y: -northing(lat) })
  const usualKm = quantile(places.map((place) => distanceKm(middle, place)), 0.75) ?? 0
  const limitKm = Math.max(outlierLeastKm, outlierTimes * usualKm)
  const isFar = (place: Place) => distanceKm(middle, place) > limitKm
  const near = places.filter((place) => !isFar(place)).map(flat)
  const xs = near.map(({ x }) => x)
  const ys = near.map(({ y }) => y)
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const perKm = flatPerKm(middle)
  const least = leastSpanKm * perKm
  const scale = Math.min((box.right - box.left) / Math.max(right - left, least), (box.bottom - box.top) / Math.max(bottom - top, least))
  const project = (place: Place) => {
    const { x, y } = flat(place)
    return { x: (box.left + box.right) / 2 + (x - (left + right) / 2) * scale, y: (box.top + box.bottom) / 2 + (y - (top + bottom) / 2) * scale }
  }
  return {
    project,
    at: (place) => isFar(place) ? { ...toEdge(project(place), box), isOutside: true } : { ...project(place), isOutside: false },
    pxPerKm: scale * perKm,
  }
}

/** On the border of the box, on the line from its middle. */
function toEdge ({ x, y }: { x: number, y: number }, { left, top, right, bottom }: Box): { x: number, y: number } {
  const [midX, midY] = [(left + right) / 2, (top + bottom) / 2]
  const share = Math.min(1, (right - midX) / Math.max(Math.abs(x - midX), 1e-9), (bottom - midY) / Math.max(Math.abs(y - midY), 1e-9))
  return { x: midX + (x - midX) * share, y: midY + (y - midY) * share }
}

function northing (lat: number): number {
  const bounded = Math.min(mostLat, Math.max(-mostLat, lat))
  return Math.log(Math.tan(Math.PI / 4 + bounded * radians / 2))
}

/** The shorter way around the earth. */
function turn (degrees: number): number {
  return ((degrees + 540) % 360 + 360) % 360 - 180
}

function flatPerKm ({ lat, lon }: Place): number {
  const toSouth = { lat: lat - 0.1, lon }
  return Math.abs(northing(lat) - northing(toSouth.lat)) / distanceKm({ lat, lon }, toSouth)
}
