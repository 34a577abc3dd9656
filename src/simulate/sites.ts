import type { Random } from './random.js'

export interface SiteNode { name: string, address: string, lat: number, lon: number, model: string }

/** A roof or a hill: its nodes hang on one cable. Relays see each other, homes see one relay. */
export interface Site { relay: boolean, lat: number, lon: number, nodes: SiteNode[] }

/** Where a mesh is, and the callsigns of its stations. It grows around the centre with the square root of its size. */
export interface Region { lat: number, lon: number, prefixes: readonly string[] }

export const zurich: Region = { lat: 47.3769, lon: 8.5417, prefixes: ['HB9', 'HB3', 'DB0', 'OE9'] }
export const innsbruck: Region = { lat: 47.2682, lon: 11.3923, prefixes: ['OE7', 'OE2', 'DL0', 'IN3'] }

const models = [
  { short: 'HAP', model: 'MikroTik RouterBOARD 952Ui-5ac2nD (hAP ac lite)' },
  { short: 'SXT', model: 'MikroTik SXTsq 5 ac' },
  { short: 'LHG', model: 'MikroTik LHG 5HPnD-XL' },
  { short: 'NSM5', model: 'Ubiquiti NanoStation M5' },
  { short: 'PBE', model: 'Ubiquiti PowerBeam 5AC' },
  { short: 'GL', model: 'GL.iNet GL-AR300M16' },
]

/** Sites of 1 to 3 nodes until there are `count` nodes. The first is a relay. */
export function placeSites (count: number, { lat: centreLat, lon: centreLon, prefixes }: Region, random: Random): Site[] {
  const sites: Site[] = []
  const radiusKm = 4.2 * Math.sqrt(count)
  for (let made = 0; made < count;) {
    const angle = random.between(0, 2 * Math.PI)
    const km = sites.length === 0 ? 0 : radiusKm * Math.sqrt(random.next())
    const lat = centreLat + km * Math.sin(angle) / 111.2
    const lon = centreLon + km * Math.cos(angle) / (111.2 * Math.cos(lat * Math.PI / 180))
    const share = random.next()
    const size = Math.min(count - made, share < 0.72 ? 1 : share < 0.93 ? 2 : 3)
    const call = callsign(sites.length, prefixes)
    const nodes = Array.from({ length: size }, (_, member) => siteNode({ call, lat, lon, number: made + member, member }, random))
    sites.push({ relay: sites.length === 0 || random.next() < 0.5, lat, lon, nodes })
    made += size
  }
  return sites
}

interface Place { call: string, lat: number, lon: number, number: number, member: number }

function siteNode ({ call, lat, lon, number, member }: Place, random: Random): SiteNode {
  const { short, model } = models[random.integer(models.length)] ?? { short: 'HAP', model: '' }
  const address = `10.${47 + (number >> 14)}.${(number >> 7) & 127}.${(number & 127) + 1}`
  return { name: `${call}-${short}-${member + 1}`, address, lat: round(lat), lon: round(lon), model }
}

/** Suffixes that begin with Q are never given to a station: no real ham is named. */
function callsign (site: number, prefixes: readonly string[]): string {
  const prefix = prefixes[Math.floor(site / 676)] ?? ''
  const letter = (value: number): string => String.fromCharCode(65 + value % 26)
  return `${prefix}Q${letter(Math.floor(site / 26))}${letter(site)}`
}

function round (degrees: number): number {
  return Math.round(degrees * 1e5) / 1e5
}
