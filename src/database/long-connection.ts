import pg from 'pg'

/**
 * Runs `work` on a connection of its own, made as the pool makes them but with `limitMs` in place of the pool's time limits: for
 * statements that may take minutes.
 */
export async function withLongConnection<T> (pool: pg.Pool, limitMs: number, work: (client: pg.Client) => Promise<T>): Promise<T> {
  // The pool hides its password from copies of its options.
  const { options } = pool
  const client = new (clientOf(options))({ ...options, password: options.password, statement_timeout: limitMs, query_timeout: limitMs + 5000 })
  // A connection that breaks reports through its query; without a handler the event would end the process as well.
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** The pool's own class finds the right one of several hosts. */
function clientOf ({ Client }: pg.PoolOptions): typeof pg.Client {
  return isClient(Client) ? Client : pg.Client
}

function isClient (constructor: unknown): constructor is typeof pg.Client {
  return typeof constructor === 'function' && constructor.prototype instanceof pg.Client
}
