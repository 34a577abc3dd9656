import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { BaseLogger } from 'pino'
import { makeFolder } from '../../folders.js'
import { ProcessLock } from '../../process-lock.js'
import { TransportError, type Transport } from './transport.js'

const retryMs = 100

export interface ExclusiveOptions {
  lockFile: string
  /** How long to wait for another process that has the radio. */
  waitMs: number
  log: Pick<BaseLogger, 'info'>
}

/**
 * A transport that one process at a time has open, of those that know the lock file. A serial port keeps others out by itself; over TCP
 * and BLE a second connection would end the first.
 */
export function createExclusiveTransport (transport: Transport, options: ExclusiveOptions): Transport {
  let released = Promise.resolve()
  return {
    get name () { return transport.name },
    async open (events, signal) {
      await released
      const lock = await hold(transport.name, options, signal)
      const release = async (): Promise<void> => { await (released = lock.release()) }
      try {
        const channel = await transport.open(events, signal)
        return {
          send (payload) { channel.send(payload) },
          async close () {
            await channel.close()
            await release()
          },
        }
      } catch (error) {
        await release()
        throw error
      }
    },
  }
}

async function hold (name: string, { lockFile, waitMs, log }: ExclusiveOptions, signal: AbortSignal): Promise<ProcessLock> {
  const lock = new ProcessLock(lockFile)
  const deadline = performance.now() + waitMs
  for (let isTold = false; ; isTold = true) {
    signal.throwIfAborted()
    if (await tryHold(lock, lockFile)) return lock
    const pid = await lock.holderPid()
    if (performance.now() >= deadline) {
      throw new TransportError('busy', `process ${pid ?? 'of another meshmon'} has ${name} open`,
        'Stop it (the radio worker, as a rule), or set MESH_PORT_SHARING=1 for both: then they take turns.')
    }
    if (!isTold) log.info({ pid, lockFile }, `another meshmon has ${name} open: waiting for it, for ${waitMs / 1000} s`)
    await delay(retryMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

async function tryHold (lock: ProcessLock, lockFile: string): Promise<boolean> {
  try {
    makeFolder(dirname(lockFile))
    return await lock.tryHold()
  } catch (error) {
    throw new TransportError('permission', `the lock file ${lockFile} can't be written: ${error instanceof Error ? error.message : String(error)}`,
      'Let DATA_DIR or STATE_DIR name a folder that this user may write to.', { cause: error })
  }
}
