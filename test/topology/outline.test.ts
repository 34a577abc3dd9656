import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ConfigError } from '../../src/config.js'
import { loadOutline } from '../../src/map-file.js'
import { readOutline } from '../../src/topology/outline.js'

const line = [[8, 47], [9, 48]]
const ring = [[8, 47, 400], [9, 48, 500], [8, 48, 0], [8, 47, 400]]
const feature = (geometry: unknown) => ({ type: 'Feature', properties: {}, geometry })

t.test('lines and polygons, alone, in features, in collections; points do not count', async (t) => {
  const read = (json: unknown) => readOutline(JSON.stringify(json)).map((points) => points.length)
  t.same(readOutline(JSON.stringify({ type: 'LineString', coordinates: line })), [line])
  t.same(read({ type: 'Polygon', coordinates: [ring, ring] }), [4, 4])
  t.same(read({ type: 'MultiLineString', coordinates: [line, line] }), [2, 2])
  t.same(read({ type: 'FeatureCollection', features: [feature({ type: 'MultiPolygon', coordinates: [[ring], [ring, ring]] }), feature({ type: 'Point', coordinates: [8, 47] }), feature(null)] }), [4, 4, 4])
  t.same(read({ type: 'GeometryCollection', geometries: [{ type: 'LineString', coordinates: line }] }), [2])
})

t.test('what is no outline is refused with the reason', async (t) => {
  const refused: [unknown, RegExp][] = [
    [7, /no GeoJSON/], [{ type: 'Circle', coordinates: [8, 47] }, /no line or polygon: \{"type":"Circle"/], [{ type: 'LineString', coordinates: [[8, 'x'], [9, 48]] }, /no line or polygon/],
    [{ type: 'LineString', coordinates: [[2_600_000, 1_200_000], [2_600_001, 1_200_001]] }, /no longitude and latitude in degrees: 2600000, 1200000/],
    [{ type: 'LineString', coordinates: Array.from({ length: 50_001 }, () => [8, 47]) }, /50,001 points; simplify it to 50,000/],
  ]
  for (const [json, reason] of refused) t.throws(() => readOutline(JSON.stringify(json)), { message: reason })
  t.throws(() => readOutline('{'), { message: /is not JSON/ })
  let deep: unknown = { type: 'LineString', coordinates: line }
  for (let i = 0; i < 10; i++) deep = { type: 'GeometryCollection', geometries: [deep] }
  t.throws(() => readOutline(JSON.stringify(deep)), { message: /too deeply/ })
})

t.test('MAP_GEOJSON is read at the start, or the start is refused', async (t) => {
  t.same(loadOutline(undefined), [])
  const folder = t.testdir({ 'coast.geojson': JSON.stringify({ type: 'LineString', coordinates: line }), 'broken.geojson': '{' })
  t.same(loadOutline(join(folder, 'coast.geojson')), [line])
  const problemOf = (file: string) => {
    try {
      loadOutline(join(folder, file))
    } catch (error) {
      return error instanceof ConfigError ? error.problems.join() : String(error)
    }
    return 'none'
  }
  t.match(problemOf('broken.geojson'), /^MAP_GEOJSON: .*broken\.geojson is not JSON/)
  t.match(problemOf('missing.geojson'), /^MAP_GEOJSON: .*missing\.geojson is not there$/)
  writeFileSync(join(folder, 'large.geojson'), ' '.repeat(8 * 1024 ** 2 + 1))
  t.match(problemOf('large.geojson'), /8\.0 MiB; simplify it to 8 MiB at most/)
})
