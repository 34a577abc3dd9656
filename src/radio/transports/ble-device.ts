import type { BaseLogger } from 'pino'
import { errorNameOf, textOf, type Bluez } from './bluez.js'
import { TransportError } from './transport.js'

/** Nordic UART service: the app writes to `rx`, the radio notifies on `tx` (meshcore.md 1.1). */
const uartService = '6e400001-b5a3-f393-e0a9-e50e24dcca9e'
const rx = '6e400002-b5a3-f393-e0a9-e50e24dcca9e'
const tx = '6e400003-b5a3-f393-e0a9-e50e24dcca9e'

const connectMs = 40_000
const servicesMs = 20_000
const disconnectMs = 3000

export const deviceInterface = 'org.bluez.Device1'
export const characteristicInterface = 'org.bluez.GattCharacteristic1'
const adapterInterface = 'org.bluez.Adapter1'

export interface Uart { rx: string, tx: string }

/** Path of an adapter that is on. */
export function findAdapter (bluez: Bluez): string {
  const adapters = bluez.withInterface(adapterInterface).sort()
  const first = adapters[0]
  if (first === undefined) {
    throw new TransportError('no_port', 'this computer has no Bluetooth adapter', 'Plug one in, then look at `bluetoothctl list` and `sudo dmesg | tail`.')
  }
  const on = adapters.find((path) => bluez.properties(path, adapterInterface)['Powered'] === true)
  if (on === undefined) throw new TransportError('no_port', `the Bluetooth adapter ${first.split('/').at(-1)} is off`, '`rfkill unblock bluetooth`, then `bluetoothctl power on`.')
  return on
}

export interface Sought {
  /** Unset: a device whose name begins with MeshCore, one that is paired before one that is only near. */
  address: string | undefined
  /** How long to look around when BlueZ does not know the device yet. */
  scanMs: number
  log: Pick<BaseLogger, 'info'>
}

/** Path of the companion's device. */
export async function findDevice (bluez: Bluez, adapter: string, { address, scanMs, log }: Sought, signal: AbortSignal): Promise<string> {
  const look = (): string[] | null => {
    const found = bluez.withInterface(deviceInterface).filter((path) => path.startsWith(`${adapter}/`) && isSought(bluez, path, address))
    return found.length > 0 ? found.sort((a, b) => nearness(bluez, b) - nearness(bluez, a)) : null
  }
  const devices = look() ?? await scanning(bluez, adapter, () => bluez.until(look, scanMs, signal), signal)
  const device = devices?.[0]
  if (devices === null || device === undefined) {
    throw new TransportError('unreachable', address === undefined ? 'no companion was heard over Bluetooth: no name that begins with MeshCore' : `${address} was not heard over Bluetooth`,
      'Check that the radio has power and companion firmware for BLE, that it is near, and that no phone is connected to it: then it is silent. MESH_BLE_ADDR chooses a device by address.')
  }
  if (devices.length > 1) log.info({ devices: devices.map((path) => labelOf(bluez, path)) }, 'several companions are known or near: using the first; MESH_BLE_ADDR chooses')
  return device
}

export function labelOf (bluez: Bluez, device: string): string {
  return String(bluez.properties(device, deviceInterface)['Address'])
}

function isSought (bluez: Bluez, path: string, address: string | undefined): boolean {
  const { Address, Name, UUIDs } = bluez.properties(path, deviceInterface)
  if (address !== undefined) return String(Address).toUpperCase() === address.toUpperCase()
  return /^MeshCore/i.test(String(Name)) && (!Array.isArray(UUIDs) || UUIDs.length === 0 || UUIDs.includes(uartService))
}

function nearness (bluez: Bluez, path: string): number {
  const { Paired, RSSI } = bluez.properties(path, deviceInterface)
  return (Paired === true ? 1000 : 0) + (typeof RSSI === 'number' ? RSSI : -200)
}

/** Lets the adapter look around while `work` runs. */
async function scanning<T> (bluez: Bluez, adapter: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const { Variant } = bluez.dbus
  const call = { path: adapter, interface: adapterInterface }
  await bluez.call({ ...call, member: 'SetDiscoveryFilter', signature: 'a{sv}', body: [{ Transport: new Variant('s', 'le') }] }, signal)
  try {
    await bluez.call({ ...call, member: 'StartDiscovery' }, signal).catch((error: unknown) => {
      if (!/InProgress/.test(errorNameOf(error))) throw error
    })
    return await work()
  } finally {
    // Adapters connect badly while they look around.
    await bluez.call({ ...call, member: 'StopDiscovery' }).catch(() => {})
  }
}

export async function connect (bluez: Bluez, device: string, signal: AbortSignal): Promise<void> {
  try {
    await bluez.call({ path: device, interface: deviceInterface, member: 'Connect', limitMs: connectMs }, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (/AlreadyConnected/.test(errorNameOf(error))) return
    throw unreachable(bluez, device, error)
  }
}

export function unreachable (bluez: Bluez, device: string, error: unknown): TransportError {
  return new TransportError('unreachable', `${labelOf(bluez, device)} can't be connected: ${textOf(error)}`,
    'Check that the radio has power, is near, and that no phone is connected to it: it has room for one.', { cause: error })
}

/** Disconnects as far as that is possible. */
export async function disconnect (bluez: Bluez, device: string): Promise<void> {
  if (bluez.properties(device, deviceInterface)['Connected'] === false) return
  await bluez.call({ path: device, interface: deviceInterface, member: 'Disconnect', limitMs: disconnectMs }).catch(() => {})
}

/** Paths of the UART's characteristics, once BlueZ has read what the device offers. */
export async function findUart (bluez: Bluez, device: string, signal: AbortSignal): Promise<Uart> {
  const resolved = await bluez.until(() => bluez.properties(device, deviceInterface)['ServicesResolved'] === true || null, servicesMs, signal)
  const path = (uuid: string): string | undefined => bluez.withInterface(characteristicInterface)
    .find((path) => path.startsWith(`${device}/`) && bluez.properties(path, characteristicInterface)['UUID'] === uuid)
  const uart = { rx: path(rx), tx: path(tx) }
  if (uart.rx !== undefined && uart.tx !== undefined) return { rx: uart.rx, tx: uart.tx }
  throw resolved === null
    ? new TransportError('unreachable', `${labelOf(bluez, device)} does not say what it offers`, 'Bring it nearer, or restart it.')
    : new TransportError('refused', `${labelOf(bluez, device)} offers no UART service: it is no companion with BLE firmware`, 'Check MESH_BLE_ADDR.')
}
