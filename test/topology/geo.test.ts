import fc from 'fast-check'
import t from 'tap'
import { bearingDeg, centreOf, distanceKm, formatBearing, formatDistance, placeOf, squareOf } from '../../src/topology/geo.js'

const zurich = { lat: 47.3769, lon: 8.5417 }
const bern = { lat: 46.948, lon: 7.4474 }
const latitude = fc.double({ min: -89.9, max: 89.9, noNaN: true })
const longitude = fc.double({ min: -179.9, max: 179.9, noNaN: true })

t.test('distance and bearing along the great circle', async (t) => {
  t.ok(Math.abs(distanceKm(zurich, bern) - 95.5) < 0.5, String(distanceKm(zurich, bern)))
  t.ok(Math.abs(bearingDeg(zurich, bern) - 240.4) < 0.5, String(bearingDeg(zurich, bern)))
  t.ok(Math.abs(bearingDeg(bern, zurich) - 59.6) < 0.5, String(bearingDeg(bern, zurich)))
  t.equal(bearingDeg({ lat: 0, lon: 0 }, { lat: 1, lon: 0 }), 0)
  t.equal(distanceKm({ lat: 10, lon: 179.9 }, { lat: 10, lon: -179.9 }) < 25, true, 'the short way across the date line')
  t.ok(Math.abs(distanceKm({ lat: 0, lon: 0 }, { lat: 0, lon: 180 }) - Math.PI * 6371.0088) < 1e-6)
})

t.test('lengths and directions as people write them', async (t) => {
  t.same([0.34, 12.34, 812.3, 1812].map((km) => formatDistance(km, 'metric')), ['340 m', '12.3 km', '812 km', '1,812 km'])
  t.same([0.1, 12.34, 812.3].map((km) => formatDistance(km, 'imperial')), ['328 ft', '7.7 mi', '505 mi'])
  t.same([359.7, 44.5, 0].map(formatBearing), ['0°', '45°', '0°'])
})

t.test('Maidenhead locators', async (t) => {
  t.equal(squareOf(zurich), 'JN47gj')
  // Munich and Montevideo, the examples of the locator's own description.
  t.equal(squareOf({ lat: 48.14666, lon: 11.60833 }), 'JN58td')
  t.equal(squareOf({ lat: -34.91, lon: -56.21166 }), 'GF15vc')
  const centre = centreOf('jn47GJ')
  t.ok(centre && distanceKm(centre, zurich) < 5)
  t.same(centreOf('JN47'), { lat: 47.5, lon: 9 })
  t.same(['', 'unknown', 'ZZ99zz', 'J', '4711'].map(centreOf), [null, null, null, null, null])
  fc.assert(fc.property(latitude, longitude, (lat, lon) => {
    const middle = centreOf(squareOf({ lat, lon }))
    return middle !== null && Math.abs(middle.lat - lat) <= 1 / 48 + 1e-9 && Math.abs(middle.lon - lon) <= 1 / 24 + 1e-9
  }))
})

t.test('coordinates before the grid square', async (t) => {
  t.same(placeOf({ ...bern, gridSquare: 'JN47gj' }), { ...bern, isSquare: false })
  t.match(placeOf({ lat: null, lon: null, gridSquare: 'JN47gj' }), { isSquare: true })
  t.equal(placeOf({ lat: null, lon: null, gridSquare: null }), null)
})
