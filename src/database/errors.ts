/** SQLSTATE or system code (`ECONNREFUSED`) of an error. */
export function codeOf (error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

const retryable: ReadonlySet<string | undefined> = new Set([
  '40001', // serialization failure
  '40P01' // deadlock
])

const unavailable: ReadonlySet<string | undefined> = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN',
  '25006', // read-only: a standby took the place of the primary
  '25P03', // idle in transaction for too long: the session is gone
  '53000', // resources
  '53100', // disk full
  '53200', // out of memory
  '53300', // too many connections
  '57014', // statement timeout
  '57P01', // administrator shut it down
  '57P02', // crash
  '57P03', // starting up
  '58030' // input or output error
])

// pg gives these no code.
const unavailableTexts = [
  'Connection terminated', 'timeout exceeded when trying to connect', 'Query read timeout', 'Client has encountered a connection error',
  'Client was closed and is not queryable', 'timeout expired'
]

/** The same transaction, run again, may well succeed at once. */
export function isRetryable (error: unknown): boolean {
  return retryable.has(codeOf(error))
}

/** The database cannot be reached or cannot take anything now: nothing is wrong with the statement, the caller tries again later. */
export function isUnavailable (error: unknown): boolean {
  const code = codeOf(error)
  if (code !== undefined) return unavailable.has(code) || code.startsWith('08')
  if (error instanceof AggregateError) return error.errors.some(isUnavailable)
  return error instanceof Error && unavailableTexts.some((text) => error.message.includes(text))
}
