/** A process that runs an embedded database on the folder named by its argument, for tests that kill it. Tells its parent the child's pid. */
import { startEmbedded } from '../../src/database/embedded/embedded.js'
import { memoryLog } from './embedded.js'

const server = startEmbedded({ dataDir: process.argv[2] ?? '', log: memoryLog().log })
await server.ready
process.send?.(server.pid())
