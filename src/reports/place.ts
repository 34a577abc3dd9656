/** Where something stands, as far as it is known. */
export interface Place {
  name?: string
  short?: string
  lat?: number
  lon?: number
  elevation?: { value: number, unit: ElevationUnit }
}

export type ElevationUnit = 'm' | 'ft'

/** What the settings REPORT_… say. */
export interface PlaceSettings extends Place { elevationUnit: ElevationUnit }

/** What the database holds of a node. */
export interface KnownPlace { site: string | null, lat: number | null, lon: number | null, elevation_m: number | null }

const metresPerFoot = 0.3048

/** A node's own place; what it does not tell comes from the settings. Coordinates 0, 0 are those of a radio that was never told. */
export function placeOf ({ elevationUnit, ...settings }: PlaceSettings, node?: KnownPlace): Place {
  const { site = null, lat = null, lon = null, elevation_m: elevationM = null } = node ?? {}
  const own = lat !== null && lon !== null && (lat !== 0 || lon !== 0)
  const { lat: setLat, lon: setLon, elevation, ...names } = settings
  const isSet = setLat !== undefined && setLon !== undefined && (setLat !== 0 || setLon !== 0)
  const height = elevationM === null ? elevation : { value: elevationUnit === 'ft' ? elevationM / metresPerFoot : elevationM, unit: elevationUnit }
  return {
    ...names,
    ...(site !== null && { name: site }),
    ...(own ? { lat, lon } : isSet && { lat: setLat, lon: setLon }),
    ...(height && { elevation: height }),
  }
}

/** `52°22'02"N  004°54'14"E` */
export function coordinatesText (lat: number, lon: number): string {
  return `${angleText(lat, 2)}${lat < 0 ? 'S' : 'N'}  ${angleText(lon, 3)}${lon < 0 ? 'W' : 'E'}`
}

function angleText (degrees: number, digits: number): string {
  const seconds = Math.round(Math.abs(degrees) * 3600)
  const pad = (value: number, width: number) => String(value).padStart(width, '0')
  return `${pad(Math.floor(seconds / 3600), digits)}°${pad(Math.floor(seconds / 60) % 60, 2)}'${pad(seconds % 60, 2)}"`
}

export function elevationText ({ value, unit }: NonNullable<Place['elevation']>): string {
  return `${Math.round(value)} ${unit === 'ft' ? 'feet' : 'meters'}`
}
