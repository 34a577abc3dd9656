import { formatNumber, type UnitSystem } from '../charts/units.js'

export interface Place { lat: number, lon: number }

/** Mean radius of the earth, IUGG. */
const earthKm = 6371.0088
const radians = Math.PI / 180
const kmPerMile = 1.609344
const feetPerKm = 3280.84
const miles = { imperial: true, metric: false } as const

/** Along the great circle. */
export function distanceKm (from: Place, to: Place): number {
  const [north, east] = [(to.lat - from.lat) * radians / 2, (to.lon - from.lon) * radians / 2]
  const chord = Math.sin(north) ** 2 + Math.cos(from.lat * radians) * Math.cos(to.lat * radians) * Math.sin(east) ** 2
  return 2 * earthKm * Math.asin(Math.min(1, Math.sqrt(chord)))
}

/** Where an antenna at `from` looks to see `to`: degrees from true north, 0 to 360. */
export function bearingDeg (from: Place, to: Place): number {
  const [start, end, east] = [from.lat * radians, to.lat * radians, (to.lon - from.lon) * radians]
  const angle = Math.atan2(Math.sin(east) * Math.cos(end), Math.cos(start) * Math.sin(end) - Math.sin(start) * Math.cos(end) * Math.cos(east))
  return (angle / radians + 360) % 360
}

/** `12.3 km`, `340 m`; `7.6 mi`, `1,115 ft`. */
export function formatDistance (km: number, units: UnitSystem): string {
  const [far, near, farName, nearName] = miles[units] ? [km / kmPerMile, km * feetPerKm, 'mi', 'ft'] : [km, km * 1000, 'km', 'm']
  const [value, name] = far < (miles[units] ? 0.2 : 1) ? [near, nearName] : [far, farName]
  const digits = name === farName && value < 100 ? 1 : 0
  return `${formatNumber(value, digits)} ${name}`
}

export function formatBearing (degrees: number): string {
  return `${Math.round(degrees) % 360}°`
}

const locator = /^([A-R])([A-R])(?:(\d)(\d)(?:([A-X])([A-X]))?)?/i
/** Degrees of longitude and latitude that a pair of the locator spans: field, square, subsquare. */
const spans = [[20, 10], [2, 1], [1 / 12, 1 / 24]] as const

/** The Maidenhead locator of six characters, such as JN47gj. */
export function squareOf ({ lat, lon }: Place): string {
  let [east, north] = [Math.min(Math.max(lon + 180, 0), 359.9999), Math.min(Math.max(lat + 90, 0), 179.9999)]
  return spans.map(([width, height], i) => {
    const [x, y] = [Math.floor(east / width), Math.floor(north / height)]
    east -= x * width
    north -= y * height
    return i === 1 ? `${x}${y}` : String.fromCharCode(...[x, y].map((n) => (i === 0 ? 65 : 97) + n))
  }).join('')
}

/** The middle of a square; null where the text is no locator. What follows the sixth character does not count. */
export function centreOf (square: string): Place | null {
  const found = locator.exec(square.trim())
  if (found === null) return null
  let [lat, lon, height, width] = [-90, -180, 0, 0]
  for (const [i, span] of spans.entries()) {
    const [x, y] = [found[2 * i + 1], found[2 * i + 2]]
    if (x === undefined || y === undefined) break
    ;[width, height] = span
    lon += digit(x) * width
    lat += digit(y) * height
  }
  return { lat: lat + height / 2, lon: lon + width / 2 }
}

function digit (character: string): number {
  return /\d/.test(character) ? Number(character) : character.toUpperCase().charCodeAt(0) - 65
}

/** Where a node is: by its coordinates, else about, in the middle of its grid square; null where neither is known. */
export function placeOf ({ lat, lon, gridSquare }: { lat: number | null, lon: number | null, gridSquare: string | null }): Place & { isSquare: boolean } | null {
  if (lat !== null && lon !== null) return { lat, lon, isSquare: false }
  const centre = gridSquare === null ? null : centreOf(gridSquare)
  return centre && { ...centre, isSquare: true }
}
