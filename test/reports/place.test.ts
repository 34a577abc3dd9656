import t from 'tap'
import { coordinatesText, elevationText, placeOf } from '../../src/reports/place.js'

t.test('coordinates are rounded, not cut, and carry over', async (t) => {
  t.equal(coordinatesText(52.36722, 4.90389), '52°22\'02"N  004°54\'14"E')
  t.equal(coordinatesText(-33.9999, -151.20999), '34°00\'00"S  151°12\'36"W')
  t.equal(coordinatesText(0.99999, 0), '01°00\'00"N  000°00\'00"E')
})

t.test('elevations have the unit that is set', async (t) => {
  t.equal(elevationText({ value: 3.4, unit: 'm' }), '3 meters')
  t.equal(elevationText({ value: 10, unit: 'ft' }), '10 feet')
})

t.test('a radio\'s own place wins over the settings', async (t) => {
  const settings = { elevationUnit: 'ft' as const, name: 'Town', short: 'T', lat: 1, lon: 2, elevation: { value: 30, unit: 'ft' as const } }
  t.same(placeOf(settings), { name: 'Town', short: 'T', lat: 1, lon: 2, elevation: { value: 30, unit: 'ft' } })
  t.same(placeOf(settings, { site: 'Hill', lat: 5, lon: 0, elevation_m: 304.8 }), { name: 'Hill', short: 'T', lat: 5, lon: 0, elevation: { value: 1000, unit: 'ft' } })
  t.same(placeOf(settings, { site: null, lat: 0, lon: 0, elevation_m: null }), { name: 'Town', short: 'T', lat: 1, lon: 2, elevation: { value: 30, unit: 'ft' } }, '0, 0 is where nobody told a radio its place')
  t.same(placeOf({ elevationUnit: 'm', lat: 0, lon: 0 }), {})
})
