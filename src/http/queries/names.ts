import type { Pool } from 'pg'
import { select } from './select.js'

const spellNames = 'select folded, name from names where folded = any($1::text[])'

/** The stored spelling of each name, which is case-insensitive; undefined for one that no message held. */
export async function findNames (db: Pool, names: string[]): Promise<(string | undefined)[]> {
  const folded = names.map((name) => name.toLowerCase())
  const rows = await select<{ folded: string, name: string }>(db, spellNames, [folded])
  const spelling = new Map(rows.map(({ folded, name }) => [folded, name]))
  return folded.map((name) => spelling.get(name))
}
