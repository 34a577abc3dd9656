import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { BaseLogger } from 'pino'
import { findSerialPorts } from './serial-ports.js'
import { openSerialStream } from './serial-stream.js'
import { openStreamChannel } from './stream-channel.js'
import { TransportError, type Transport } from './transport.js'

const busyMs = 60_000
const retryMs = 100

export interface SerialOptions {
  /** Unset: the first of /dev/ttyACM*, then /dev/ttyUSB*, looked up at each opening: a radio that was plugged in again may have another name. */
  port?: string
  baud: number
  /** Where ports are looked for. */
  folder?: string
  /** How long to wait for a port that another program uses. */
  waitMs?: number
  log: Pick<BaseLogger, 'info'>
}

/** A companion on USB or a UART. Opening locks the port. */
export function createSerialTransport (options: SerialOptions): Transport {
  let name = `serial ${options.port ?? 'port'}`
  return {
    get name () { return name },
    async open (events, signal) {
      const { path, stream } = await openWhenFree(options, signal)
      name = `serial ${path}`
      return openStreamChannel({
        stream, events, name,
        endedBecause: 'the port is gone',
        remedy: 'Check that the radio is plugged in and has power; it is looked for again.',
      })
    },
  }
}

async function openWhenFree (options: SerialOptions, signal: AbortSignal): Promise<{ path: string, stream: Duplex }> {
  const { baud, log, waitMs = busyMs } = options
  const deadline = performance.now() + waitMs
  for (let isTold = false; ; isTold = true) {
    signal.throwIfAborted()
    const path = options.port ?? await choosePort(options)
    try {
      return { path, stream: await openSerialStream({ path, baud }) }
    } catch (error) {
      const problem = await explain(error, path, options)
      if (problem.problem !== 'busy' || performance.now() >= deadline) throw problem
      if (!isTold) log.info({ port: path }, `another program uses ${path}: waiting until it is free, for ${waitMs / 1000} s`)
    }
    await delay(retryMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

async function choosePort ({ folder = '/dev', log }: SerialOptions): Promise<string> {
  const ports = await findSerialPorts(folder)
  const first = ports[0]
  if (first === undefined) {
    throw new TransportError('no_port', `no serial port of a radio in ${folder}: no ttyACM and no ttyUSB`,
      'Plug the radio in with a cable that carries data (many only charge), then look at `sudo dmesg | tail` and `ls -l /dev/ttyACM* /dev/ttyUSB*`. ' +
      'In a container, list the port under `devices:`.')
  }
  if (ports.length > 1) log.info({ port: first.path, ports: ports.map(({ path, byId }) => byId ?? path) }, 'several serial ports are there: using the first; MESH_SERIAL_PORT chooses')
  return first.path
}

// The library gives no codes, only what the C library says.
async function explain (error: unknown, path: string, { folder = '/dev' }: SerialOptions): Promise<TransportError> {
  const text = error instanceof Error ? error.message : String(error)
  const problem = (...[kind, message, remedy]: [TransportError['problem'], string, string]): TransportError => new TransportError(kind, message, remedy, { cause: error })
  if (/cannot lock port|busy/i.test(text)) {
    return problem('busy', `another program uses ${path}`,
      `\`sudo fuser -v ${path}\` shows which. Stop it; if it is another meshmon, MESH_PORT_SHARING=1 lets both take turns.`)
  }
  if (/permission denied|operation not permitted/i.test(text)) {
    return problem('permission', `this user may not open ${path}`,
      `Add the user to the group that \`ls -l ${path}\` shows: \`sudo usermod -a -G dialout $USER\`, then log in again. ` +
      'In a container, list the port under `devices:` and the group under `group_add:`.')
  }
  if (/no such (file|device)/i.test(text)) {
    const there = (await findSerialPorts(folder)).map((port) => port.byId ?? port.path)
    return problem('no_port', `there is no ${path}`,
      there.length > 0 ? `Set MESH_SERIAL_PORT to a port that is there: ${there.join(', ')}.` : 'Plug the radio in, then look at `sudo dmesg | tail`; in a container, list the port under `devices:`.')
  }
  if (/inappropriate ioctl|is a directory/i.test(text)) return problem('no_port', `${path} is no serial port`, 'Check MESH_SERIAL_PORT.')
  if (/no native build|cannot find (module|package)|\.node/i.test(text)) {
    return problem('not_installed', `serial ports can't be used on this system: ${text}`, 'Reach the radio over TCP instead: `socat TCP-LISTEN:5000,fork,reuseaddr /dev/ttyACM0,raw,echo=0` shares its port.')
  }
  return problem('unreachable', `${path} can't be opened: ${text}`, 'Check MESH_SERIAL_PORT and MESH_SERIAL_BAUD; unplug the radio and plug it in again.')
}
