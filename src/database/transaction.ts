import type pg from 'pg'
import { isRetryable, isUnavailable } from './errors.js'

const attempts = 5

/**
 * Runs `work` in one transaction on one connection and commits. When anything fails it rolls back and throws the first error;
 * a connection that cannot even roll back, or whose server is in trouble, is destroyed. A deadlock or serialization failure is tried again, five times in all, so
 * `work` must do nothing but database work.
 */
export async function withTransaction<T> (pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(pool, work)
    } catch (error) {
      if (attempt === attempts || !isRetryable(error)) throw error
    }
  }
}

async function runOnce<T> (pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken = false
  try {
    const [, result] = await Promise.all([client.query('begin'), work(client)])
    await client.query('commit')
    return result
  } catch (error) {
    // Behind a statement that was given up, a rollback would wait as long again; closing the connection does the same.
    if (isUnavailable(error)) broken = true
    else await client.query('rollback').catch(() => { broken = true })
    throw error
  } finally {
    client.release(broken)
  }
}
