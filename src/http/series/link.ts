import type { Pool } from 'pg'
import { binLink, type BinRow } from '../queries/series.js'
import type { Range } from './range.js'

/** Signal less noise. Of both a bin has the means and the ends, but not which came together: so the mean only, without ends of its own. */
export async function binLinkSnr (db: Pool, link: { a: string, b: string, medium: string }, range: Range): Promise<BinRow[]> {
  const rows = await binLink(db, link, range, ['signal_dbm', 'noise_dbm'])
  const noises = new Map(rows.filter(({ metric }) => metric === 'noise_dbm').map(({ time, mean }) => [time, mean]))
  return rows.filter(({ metric }) => metric === 'signal_dbm').flatMap(({ time, mean }) => {
    const noise = noises.get(time)
    return noise === undefined ? [] : [{ metric: 'snr_db', time, mean: mean - noise, min: mean - noise, max: mean - noise }]
  })
}
