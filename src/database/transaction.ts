import type pg from 'pg'
import { isRetryable, isUnavailable } from './errors.js'

const attempts = 5

/**
 * Runs `work` in one transaction on one connection and commits. When anything fails it rolls back and throws the first error;
 * a connection that cannot even roll back, or whose server is in trouble, is destroyed. A deadlock or serialization failure is tried again, five times in all, so
 * `work` must do nothing but database work.
 */
export async function withTransaction<T> (pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return await retry(() => runOnce(pool, work))
}

/**
 * Like `withTransaction`, for statements that do not wait for one another: `send` sends them all before it waits for the first answer. They
 * travel with begin and commit in one packet, so the server goes on to the end while this process does something else.
 */
export async function withOnePacket<T> (pool: pg.Pool, send: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return await retry(() => sendOnce(pool, send))
}

async function retry<T> (run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
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

async function sendOnce<T> (pool: pg.Pool, send: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken = false
  try {
    client.connection.stream.cork()
    const sent = [client.query('begin'), send(client), client.query('commit')] as const
    client.connection.stream.uncork()
    // All of them: who gets the connection next finds nothing of ours on it.
    await Promise.allSettled(sent)
    const [, result, { command }] = await Promise.all(sent)
    // What the server makes of the commit of a transaction that failed.
    if (command === 'ROLLBACK') throw new Error('the transaction was rolled back')
    return result
  } catch (error) {
    if (isUnavailable(error)) broken = true
    throw error
  } finally {
    client.release(broken)
  }
}
