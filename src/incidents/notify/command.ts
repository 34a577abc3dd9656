import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import type { Result } from './retry.js'
import type { Target } from './target.js'
import { clip } from './text.js'

const keptBytes = 4096
const shownCharacters = 300

/**
 * Runs the operator's command as `sh -c` would, the message as JSON on its standard input: nothing of a message stands on a command line.
 * Exit code 0 is sent, anything else is tried again. After the deadline its whole process group is killed.
 */
export function command (line: string, { name, deadlineMs }: { name: string, deadlineMs: number }): Target {
  return {
    name,
    async send (message, { signal, nowMs }): Promise<Result> {
      const child = spawn('/bin/sh', ['-c', line], { detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
      const output = [keepBeginning(child.stdout), keepBeginning(child.stderr)]
      // Who does not read what it is given has its own reasons.
      child.stdin.on('error', () => {})
      child.stdin.end(`${JSON.stringify({ ...message, sent_at: new Date(nowMs).toISOString() })}\n`)
      let isLate = false
      const end = () => {
        killGroup(child.pid)
        // What left the group may hold them open for ever.
        child.stdout.destroy()
        child.stderr.destroy()
      }
      const timer = setTimeout(() => {
        isLate = true
        end()
      }, deadlineMs)
      signal.addEventListener('abort', end)
      try {
        const [code, killedBy] = await once(child, 'close') as [number | null, NodeJS.Signals | null]
        signal.throwIfAborted()
        const said = clip(output.map((read) => read().trim()).join(' ').trim(), shownCharacters)
        if (code === 0) return { is: 'sent', detail: said === '' ? 'exit code 0' : said }
        const how = isLate ? `not done within ${deadlineMs / 1000} s, killed` : code === null ? `ended by ${killedBy}` : `exit code ${code}`
        return { is: 'failed', permanent: false, reason: said === '' ? how : `${how}: ${said}` }
      } catch (error) {
        signal.throwIfAborted()
        return { is: 'failed', permanent: false, reason: `can't be started: ${error instanceof Error ? error.message : String(error)}` }
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
      }
    },
  }
}

/** Reads all, so that the command never waits, and keeps the first kilobytes. */
function keepBeginning (stream: Readable): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    if (bytes < keptBytes) chunks.push(chunk)
    bytes += chunk.length
  })
  return () => Buffer.concat(chunks).subarray(0, keptBytes).toString().replace(/[\p{Cc}\s]+/gu, ' ')
}

function killGroup (pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
