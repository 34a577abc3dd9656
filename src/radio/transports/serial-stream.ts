import { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

const drainMs = 1000
const lookMs = 1000
const readBytes = 4096

export interface SerialPortOptions { path: string, baud: number }

/**
 * Opens and locks a serial port: the lock (flock) is the one that pyserial's `exclusive` takes too. 'close' comes when the port may be opened by another.
 *
 * The kernel raises DTR and RTS together when a port is opened, and drops them together; that is how it is left. With both up, the two
 * transistors that reset most ESP32 boards stay off, and TinyUSB (nRF52) answers only while DTR is up: meshcore_py lowered it and had to
 * take that back (meshcore_py #104, #105).
 */
export async function openSerialStream ({ path, baud }: SerialPortOptions): Promise<Duplex> {
  // A program of machine code, loaded only where it is needed.
  const { SerialPort } = await import('serialport')
  const port = await SerialPort.binding.open({ path, baudRate: baud, lock: true })
  const stream = new Duplex({
    read () {
      const buffer = Buffer.allocUnsafe(readBytes)
      port.read(buffer, 0, readBytes).then(({ bytesRead }) => stream.push(buffer.subarray(0, bytesRead)), (error: Error) => stream.destroy(error))
    },
    write (chunk: Buffer, _, done) {
      port.write(chunk).then(() => done(), done)
    },
    async final (done) {
      // What a radio that hangs does not take would hold up the closing of the port for 30 s.
      await Promise.race([port.drain().catch(() => {}), delay(drainMs, undefined, { ref: false })])
      done()
    },
    destroy (error, done) {
      clearInterval(look)
      port.flush().catch(() => {}).then(() => port.close()).then(() => done(error), (failure: Error) => done(error ?? failure))
    },
  })
  // A read of a port that was unplugged just then comes back empty for ever, and the library reads on; any request to the port tells.
  const look = setInterval(() => { port.getBaudRate().catch(() => stream.destroy(new Error('the port is gone'))) }, lookMs)
  return stream
}
