import type { Contact } from '../../radio/frames/types.js'
import { pathOf } from '../../radio/path-text.js'
import { printTable } from '../print-table.js'

const types: Record<number, string> = { 1: 'chat', 2: 'repeater', 3: 'room', 4: 'sensor' }
const prefixDigits = 12

export interface ShownContact {
  name: string
  type: string
  key: string
  /** null: no path is known, requests flood. */
  hops: number | null
  /** By the sender's clock. */
  last_advert: string | null
  latitude: number | null
  longitude: number | null
}

export function showContact ({ name, type, key, hops, lastAdvertS, latitude, longitude }: Contact): ShownContact {
  const isPlaced = latitude !== 0 || longitude !== 0
  return {
    name,
    type: types[type] ?? String(type),
    key: Buffer.from(key).toString('hex'),
    hops,
    last_advert: lastAdvertS === 0 ? null : new Date(lastAdvertS * 1000).toISOString().replace('.000', ''),
    latitude: isPlaced ? latitude : null,
    longitude: isPlaced ? longitude : null,
  }
}

/** Repeaters first, then by name. */
export function printContacts (contacts: ShownContact[]): string {
  const sorted = [...contacts].sort((a, b) => Number(b.type === 'repeater') - Number(a.type === 'repeater') || a.name.localeCompare(b.name))
  const columns = ['name', 'type', 'key prefix', 'path', 'last advert'].map((name) => ({ name, isNumber: false }))
  return printTable(columns, sorted.map(({ name, type, key, hops, last_advert: advert }) => [name, type, key.slice(0, prefixDigits), pathOf(hops), advert]))
}
