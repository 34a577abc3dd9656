import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { BaseLogger } from 'pino'
import { databaseFolder, EmbeddedError, prepareDataDir, serverAddress, type ServerAddress } from './folder.js'
import type { GatewayLimits } from './gateway.js'
import type { ChildMessage, ChildOptions } from './messages.js'
import { existsSync } from 'node:fs'

const childScript = fileURLToPath(new URL('./child.js', import.meta.url))
const lockWaitMs = 10_000
const stopMs = 30_000
const firstRestartMs = 100
const longestRestartMs = 5000

export interface EmbeddedOptions {
  dataDir: string
  log: Pick<BaseLogger, 'info' | 'warn' | 'error'>
  /** How long to wait for another process on the folder to end; 10 s unless told. */
  lockWaitMs?: number
  limits?: Partial<GatewayLimits>
}

/** A running embedded database. It stays at the same address when its process dies and is started again. */
export interface EmbeddedServer {
  address: ServerAddress
  /** Settles with the first start: rejects with EmbeddedError when no waiting helps (folder taken, not writable, disk full), or after `stop`. */
  ready: Promise<void>
  /** Process that serves now; undefined between two. */
  pid: () => number | undefined
  /** Writes everything out and ends the process; connections should be closed before. */
  stop: () => Promise<void>
}

/**
 * Starts the embedded TimescaleDB on `dataDir` as a child process and keeps it running. Returns at once; connections made
 * before `ready` wait. Throws EmbeddedError when the folder cannot be used.
 */
export function startEmbedded (options: EmbeddedOptions): EmbeddedServer {
  const { log } = options
  const dataDir = prepareDataDir(options.dataDir)
  const childOptions: ChildOptions = { dataDir, lockWaitMs: options.lockWaitMs ?? lockWaitMs, limits: options.limits ?? {} }
  let child: ChildProcess | undefined
  let restartTimer: NodeJS.Timeout | undefined
  let restartMs = firstRestartMs
  let isStopping = false
  const { promise: ready, resolve: resolveReady, reject: rejectReady } = withResolvers()
  let wasReady = false
  let isOpen = false

  const onMessage = (message: ChildMessage): void => {
    if (message.type === 'ready') {
      [wasReady, isOpen, restartMs] = [true, true, firstRestartMs]
      log.info({ dataDir, databasePid: child?.pid }, 'embedded database is ready')
      resolveReady()
      return
    }
    if (message.isLasting && !wasReady) {
      isStopping = true
      rejectReady(new EmbeddedError(message.reason))
    } else {
      log.error({ dataDir }, message.reason)
    }
  }
  const start = (): void => {
    if (!existsSync(databaseFolder(dataDir))) log.info({ dataDir }, 'making the embedded database, this takes some seconds')
    child = fork(childScript, [JSON.stringify(childOptions)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    child.on('message', onMessage)
    child.on('error', (error) => log.error({ err: error }, 'embedded database process'))
    child.on('exit', (code, signal) => {
      [child, isOpen] = [undefined, false]
      if (isStopping) return
      log.error({ dataDir, code, signal, restartMs }, 'the embedded database ended, starting it again')
      restartTimer = setTimeout(start, restartMs)
      restartMs = Math.min(restartMs * 2, longestRestartMs)
    })
  }
  start()
  return {
    address: serverAddress(dataDir),
    ready,
    pid: () => child?.pid,
    stop: async () => {
      isStopping = true
      rejectReady(new EmbeddedError('the embedded database was stopped before it was ready'))
      clearTimeout(restartTimer)
      if (child === undefined) return
      // Until it is open it has nothing to write out, and may not hear us for many seconds.
      if (!isOpen) child.kill('SIGKILL')
      await endChild(child, log)
    }
  }
}

async function endChild (child: ChildProcess, log: EmbeddedOptions['log']): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  if (child.connected) child.send('stop', () => {})
  const timer = setTimeout(() => {
    log.warn(`the embedded database did not end within ${stopMs / 1000} s and is killed; its log has everything`)
    child.kill('SIGKILL')
  }, stopMs)
  await ended
  clearTimeout(timer)
}

function withResolvers (): { promise: Promise<void>, resolve: () => void, reject: (error: Error) => void } {
  let resolve = (): void => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<void>((_resolve, _reject) => { [resolve, reject] = [_resolve, _reject] })
  // Who only stops the server need not look at it.
  promise.catch(() => {})
  return { promise, resolve, reject }
}
