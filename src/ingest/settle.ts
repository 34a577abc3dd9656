import { isIP } from 'node:net'
import { tables, type ColumnWord, type Json, type Row, type TableName } from '../messages/tables.js'
import type { AddressBook } from './addresses.js'
import type { Arrival } from './arrival.js'
import type { NameBook } from './names.js'

type Cells = Record<string, Json | undefined>

/** Columns that hold names, per table: `host` and `route` ones may hold an address in place of a name. */
const columnsOf = (table: TableName, words: ColumnWord[]) =>
  Object.entries(tables[table].columns).filter(([, word]) => words.includes(word)).map(([name]) => name)
const perTable = (words: ColumnWord[]) =>
  Object.fromEntries((Object.keys(tables) as TableName[]).map((table) => [table, columnsOf(table, words)])) as Record<TableName, string[]>

const nameColumns = perTable(['name'])
const hostColumns = perTable(['host'])
const routeColumns = perTable(['route'])

/** Every name in these messages, and every address that stands where a name belongs. */
export function namesIn (arrivals: Arrival[]): { names: Set<string>, addresses: Set<string> } {
  const names = new Set<string>()
  const addresses = new Set<string>()
  const add = (host: string) => {
    names.add(host)
    if (isAddress(host)) addresses.add(host)
  }
  for (const { message } of arrivals) {
    for (const row of message.rows) {
      const cells = cellsOf(row)
      for (const column of nameColumns[row.table]) names.add(cells[column] as string)
      for (const column of hostColumns[row.table]) add(cells[column] as string)
      for (const column of routeColumns[row.table]) (cells[column] as string[]).forEach(add)
    }
    for (const { name } of message.sightings) names.add(name)
    for (const { name } of message.neighbours) names.add(name)
  }
  return { names, addresses }
}

/**
 * Brings every name of these messages into the spelling seen first and puts the node in place of an address where exactly one is known.
 * What was replaced stays in `extra.raw`. Changes the messages; a second call changes nothing more.
 */
export function settleNames (arrivals: Arrival[], names: NameBook, addresses: AddressBook): void {
  const settle = (host: string) => (isAddress(host) ? addresses.owner(host) : null) ?? names.spelling(host)
  for (const { message } of arrivals) {
    for (const row of message.rows) {
      const cells = cellsOf(row)
      for (const column of nameColumns[row.table]) cells[column] = names.spelling(cells[column] as string)
      for (const column of hostColumns[row.table]) {
        const host = cells[column] as string
        const settled = settle(host)
        if (settled !== host) replace(cells, column, settled)
      }
      for (const column of routeColumns[row.table]) {
        const route = cells[column] as string[]
        if (route.some((host) => settle(host) !== host)) replace(cells, column, route.map(settle))
      }
    }
    for (const sighting of message.sightings) sighting.name = names.spelling(sighting.name)
    for (const neighbour of message.neighbours) neighbour.name = names.spelling(neighbour.name)
  }
}

function replace (cells: Cells, column: string, settled: string | string[]): void {
  const raw = cells[column] ?? null
  const hosts = [raw].flat()
  if (hosts.some((host, i) => isAddress(host as string) && host !== [settled].flat()[i])) {
    const extra = (cells.extra ?? {}) as { [key: string]: Json }
    cells.extra = { ...extra, raw: { ...(extra.raw as { [key: string]: Json }), [column]: raw } }
  }
  cells[column] = settled
}

function cellsOf (row: Row): Cells {
  return row.values
}

/** Names rarely look like addresses: the first character decides for most. */
function isAddress (host: string): boolean {
  const first = host.charCodeAt(0)
  return ((first >= 0x30 && first <= 0x39) || host.includes(':')) && isIP(host) !== 0
}
