/* eslint-disable sql/constants -- callers of select() are checked as those of query() are */
import type { Pool, QueryResultRow } from 'pg'

/** Rows of a statement. A number that JSON can't write (NaN, infinity) is null. */
export async function select<Row extends QueryResultRow> (db: Pool, sql: string, values: unknown[] = []): Promise<Row[]> {
  const { rows } = await db.query<Row>(sql, values)
  for (const row of rows) replaceNonFinite(row)
  return rows
}

function replaceNonFinite (row: Record<string, unknown>): void {
  for (const column in row) {
    const value = row[column]
    if (typeof value === 'number' && !Number.isFinite(value)) row[column] = null
  }
}
