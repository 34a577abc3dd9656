import type { Pool } from 'pg'

/**
 * Host names are case-insensitive; one node's agents spell it differently. Every spelling is stored under the one seen first,
 * which the table `names` keeps, so that several collectors on one database agree.
 */
export interface NameBook {
  /** Makes `spelling` know all of these. Adds what is new to the database, at once and for good, whatever becomes of the messages. */
  learn (db: Pool, names: Iterable<string>): Promise<void>
  /** The spelling seen first, of a name learnt in the last call of `learn`. */
  spelling (name: string): string
}

/** At most 128 characters each: about 10 MB when full. */
const maxCached = 50_000

/** A name that another collector adds at this moment is in neither branch's snapshot: it comes with the next try. */
const learnNames = `
with wanted as (select folded, name from unnest($1::text[], $2::text[]) as w(folded, name)),
added as (insert into names (folded, name) select folded, name from wanted order by folded on conflict do nothing returning folded, name)
select folded, name from added union all select n.folded, n.name from names n join wanted using (folded)`

export function createNameBook (): NameBook {
  const known = new Map<string, string>()

  return {
    async learn (db, names) {
      if (known.size > maxCached) known.clear()
      const wanted = new Map<string, Set<string>>()
      for (const name of names) {
        if (known.has(name)) continue
        const folded = name.toLowerCase()
        const spellings = wanted.get(folded)
        if (spellings) spellings.add(name)
        else wanted.set(folded, new Set([name]))
      }
      for (let tries = 0; wanted.size > 0; tries++) {
        if (tries === 5) throw new Error(`the spelling of ${[...wanted.keys()].slice(0, 3).join(', ')} can't be settled`)
        const first = [...wanted.values()].map((spellings) => spellings.values().next().value)
        const { rows } = await db.query<{ folded: string, name: string }>(learnNames, [[...wanted.keys()], first])
        for (const { folded, name } of rows) {
          for (const spelling of wanted.get(folded) ?? []) known.set(spelling, name)
          wanted.delete(folded)
        }
      }
    },

    spelling: (name) => known.get(name) ?? name,
  }
}
