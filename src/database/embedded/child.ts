/** Process of the embedded database, started by embedded.ts with the data folder as argument. It ends when its parent is gone. */
import { createServer, type Server, type Socket } from 'node:net'
import { openEngine, type Engine } from './engine.js'
import { databaseFolder, lockDataDir, prepareDataDir, prepareSocketFolder, reasonOf, EmbeddedError, serverAddress, socketPath, unlockDataDir, type ServerAddress } from './folder.js'
import { defaultLimits, Gateway } from './gateway.js'
import type { ChildMessage, ChildOptions } from './messages.js'

function report (message: ChildMessage): void {
  // A parent that is gone is no error here: 'disconnect' follows.
  if (process.connected) process.send?.(message, () => {})
}

/** Ends this process once the parent has been told why. */
function fail (reason: string, isLasting: boolean): void {
  const message: ChildMessage = { type: 'failed', reason, isLasting }
  if (process.connected && process.send !== undefined) process.send(message, () => process.exit(1))
  else process.exit(1)
}

function listenOn (server: Server, address: ServerAddress): () => Promise<void> {
  return () => new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath(address), () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function open (dataDir: string): Promise<Engine> {
  try {
    return await openEngine(databaseFolder(dataDir))
  } catch (error) {
    throw new EmbeddedError(`the embedded database in ${dataDir} cannot be opened (${reasonOf(error)}): see that the disk has room and the folder belongs to this user; a damaged one can be moved away or restored from a backup`)
  }
}

// PostgreSQL recovers from its log when the next process opens the folder.
function crash (error: unknown): void {
  fail(`the embedded database ended itself: ${reasonOf(error)}`, false)
}

async function main (options: ChildOptions): Promise<void> {
  // Until the database is open there is nothing to write out.
  let stop = (): void => process.exit(0)
  process.once('disconnect', () => stop())
  process.once('message', () => stop())
  // A parent that was killed while this process was loading: its end has been told already, and nobody listened.
  if (!process.connected) stop()
  const dataDir = prepareDataDir(options.dataDir)
  const address = serverAddress(dataDir)
  prepareSocketFolder(address)
  let serve: (gateway: Gateway) => void = () => {}
  const gatewayReady = new Promise<Gateway>((resolve) => { serve = resolve })
  const server = createServer({ pauseOnConnect: true }, (socket: Socket) => {
    gatewayReady.then((gateway) => gateway.accept(socket), crash)
  })
  await lockDataDir(dataDir, address, listenOn(server, address), options.lockWaitMs)
  const engine = await open(dataDir)
  const gateway = new Gateway(engine, engine.serverVersion, { ...defaultLimits, ...options.limits }, crash)
  serve(gateway)
  stop = () => {
    try {
      gateway.close()
      engine.close()
      unlockDataDir(dataDir, address)
      process.exit(0)
    } catch (error) {
      crash(error)
    }
  }
  report({ type: 'ready' })
}

// Ctrl-C reaches the whole process group, but the collector still has rows to write: only its word or its end counts here.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})

const options: ChildOptions = JSON.parse(process.argv[2] ?? '')
main(options).catch((error: unknown) => fail(reasonOf(error), error instanceof EmbeddedError))
