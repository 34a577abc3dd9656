import { characteristicInterface, deviceInterface, disconnect, type Uart } from './ble-device.js'
import { textOf, type Bluez, type Properties } from './bluez.js'
import { TransportError, type Channel, type ChannelEvents } from './transport.js'

/** The radio has stopped reading long before so much waits: one command is in flight. */
const mostUnread = 64

export interface BleChannelOptions {
  bluez: Bluez
  device: string
  uart: Uart
  events: ChannelEvents
  /** Of the transport. */
  name: string
}

/**
 * Frames over the UART service of a connected device: one a notification, one a write. A frame that is longer than the MTU allows is
 * put together by BlueZ (a long write), so the firmware gets it whole.
 */
export async function openBleChannel (options: BleChannelOptions, signal: AbortSignal): Promise<Channel> {
  const channel = new BleChannel(options)
  await channel.start(signal)
  return channel
}

class BleChannel implements Channel {
  readonly #options: BleChannelOptions
  readonly #unread: Uint8Array[] = []
  #writing: Promise<void> | null = null
  #hasEnded = false

  constructor (options: BleChannelOptions) {
    this.#options = options
  }

  async start (signal: AbortSignal): Promise<void> {
    const { bluez, uart, device } = this.#options
    bluez.on('properties', this.#read)
    bluez.gone.addEventListener('abort', this.#lose)
    try {
      await bluez.call({ path: uart.tx, interface: characteristicInterface, member: 'StartNotify' }, signal)
    } catch (error) {
      this.#stop()
      signal.throwIfAborted()
      throw new TransportError('pairing', `the companion does not let us read: ${textOf(error)}`,
        'It may have forgotten this computer: `bluetoothctl remove` with its address, then set MESH_BLE_PIN.', { cause: error })
    }
    if (bluez.properties(device, deviceInterface)['Connected'] === false) this.#lose()
  }

  send (payload: Uint8Array): void {
    if (this.#hasEnded) throw this.#lost('it has ended')
    if (this.#unread.push(payload) > mostUnread) {
      this.#end(this.#lost('the radio has stopped reading'))
    } else {
      this.#writing ??= this.#write()
    }
  }

  async close (): Promise<void> {
    const { bluez, device } = this.#options
    this.#end(null)
    await disconnect(bluez, device)
    bluez.close()
  }

  async #write (): Promise<void> {
    const { bluez, uart } = this.#options
    const { Variant } = bluez.dbus
    for (let payload = this.#unread.shift(); payload !== undefined && !this.#hasEnded; payload = this.#unread.shift()) {
      const body = [Buffer.from(payload), { type: new Variant('s', 'request') }]
      try {
        await bluez.call({ path: uart.rx, interface: characteristicInterface, member: 'WriteValue', signature: 'aya{sv}', body })
      } catch (error) {
        this.#end(this.#lost(`a frame could not be written: ${textOf(error)}`))
      }
    }
    this.#writing = null
  }

  readonly #read = (path: string, name: string, changed: Properties): void => {
    const { device, uart, events } = this.#options
    if (path === device && name === deviceInterface && changed['Connected'] === false) this.#end(this.#lost('the radio disconnected'))
    const { Value: value } = changed
    if (path === uart.tx && name === characteristicInterface && value instanceof Uint8Array && value.length > 0 && !this.#hasEnded) events.onFrame(new Uint8Array(value))
  }

  readonly #lose = (): void => {
    this.#end(this.#lost(textOf(this.#options.bluez.gone.reason ?? 'the radio disconnected')))
  }

  #lost (why: string): TransportError {
    return new TransportError('lost', `the connection to ${this.#options.name} was lost: ${why}`, 'Check that the radio has power, is near, and that no phone takes it over.')
  }

  #stop (): void {
    this.#options.bluez.off('properties', this.#read)
    this.#options.bluez.gone.removeEventListener('abort', this.#lose)
  }

  #end (error: TransportError | null): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#stop()
    this.#options.events.onEnd(error)
  }
}
