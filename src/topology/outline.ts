import { Ajv, type ValidateFunction } from 'ajv'
import { Type, type Static } from 'typebox'

/** Lines of points, each its longitude and latitude. */
export type Outline = readonly (readonly (readonly [lon: number, lat: number])[])[]

const mostPoints = 50_000

const Position = Type.Array(Type.Number(), { minItems: 2 })
const Positions = Type.Array(Position, { minItems: 2 })
const Geometry = Type.Union([
  Type.Object({ type: Type.Literal('LineString'), coordinates: Positions }),
  Type.Object({ type: Type.Enum(['Polygon', 'MultiLineString']), coordinates: Type.Array(Positions) }),
  Type.Object({ type: Type.Literal('MultiPolygon'), coordinates: Type.Array(Type.Array(Positions)) }),
])

interface Json { type?: unknown, features?: unknown, geometries?: unknown, geometry?: unknown }

/**
 * The lines of a GeoJSON text (RFC 7946): LineString, Polygon and their Multi forms, alone, as features or collections; points are left
 * out. Throws an Error that says what is wrong.
 */
export function readOutline (text: string): Outline {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new Error(`is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const isGeometry = new Ajv().compile<Static<typeof Geometry>>(Geometry)
  const lines = geometriesOf(json, 0).flatMap((geometry) => linesOf(geometry, isGeometry))
  const count = lines.reduce((sum, { length }) => sum + length, 0)
  if (count > mostPoints) throw new Error(`has ${count.toLocaleString('en-US')} points; simplify it to ${mostPoints.toLocaleString('en-US')} at most`)
  return lines
}

function geometriesOf (json: unknown, depth: number): unknown[] {
  if (typeof json !== 'object' || json === null) throw new Error('is no GeoJSON: an object with a type is expected')
  const { type, features, geometries, geometry }: Json = json
  if (depth > 3) throw new Error('is nested too deeply')
  if (type === 'FeatureCollection' && Array.isArray(features)) return features.flatMap((feature: unknown) => geometriesOf(feature, depth + 1))
  if (type === 'GeometryCollection' && Array.isArray(geometries)) return geometries.flatMap((one: unknown) => geometriesOf(one, depth + 1))
  if (type === 'Feature') return geometry === null ? [] : geometriesOf(geometry, depth + 1)
  return type === 'Point' || type === 'MultiPoint' ? [] : [json]
}

function linesOf (geometry: unknown, isGeometry: ValidateFunction<Static<typeof Geometry>>): Outline {
  if (!isGeometry(geometry)) throw new Error(`has a geometry that is no line or polygon: ${JSON.stringify(geometry).slice(0, 80)}`)
  const { type, coordinates } = geometry
  const lists = type === 'LineString' ? [coordinates] : type === 'MultiPolygon' ? coordinates.flat() : coordinates
  return lists.map((list) => list.map(([lon = 0, lat = 0]): [number, number] => {
    if (Math.abs(lon) > 360 || Math.abs(lat) > 90) throw new Error(`has a position that is no longitude and latitude in degrees: ${lon}, ${lat}`)
    return [lon, lat]
  }))
}
