import { appendFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What was not taken, and why: `reason` is the collector's own entry for it. */
export interface Refused {
  reason: unknown
  /** A message, or the text of a line that is none. */
  message: unknown
}

const fileBytes = 1024 * 1024

/** Keeps refused messages in `refused.jsonl` and, where that grew beyond 1 MiB, `refused.1.jsonl`: the newest of them. */
export async function keepRefused (folder: string, refused: Refused[], nowMs: number): Promise<void> {
  const path = join(folder, 'refused.jsonl')
  const size = (await stat(path).catch(() => null))?.size ?? 0
  if (size > fileBytes) await rename(path, join(folder, 'refused.1.jsonl'))
  const at = new Date(nowMs).toISOString()
  await appendFile(path, refused.map((one) => `${JSON.stringify({ at, ...one })}\n`).join(''), { mode: 0o600 })
}
