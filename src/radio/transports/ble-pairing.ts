import type { Message } from '@jellybrick/dbus-next'
import { unreachable } from './ble-device.js'
import { errorNameOf, textOf, type Bluez } from './bluez.js'
import { TransportError } from './transport.js'

const agentPath = '/org/meshmon/agent'
const agentInterface = 'org.bluez.Agent1'
/** BlueZ itself gives a pairing up after 30 s. */
const pairMs = 40_000

/** Pairs with a device that asks for a PIN. The PIN goes to BlueZ, for this device alone, and nowhere else. Rejects with TransportError. */
export async function pair (bluez: Bluez, device: string, pin: string | undefined, signal: AbortSignal): Promise<void> {
  if (pin === undefined) {
    throw new TransportError('pairing', 'the companion is not paired with this computer', 'Set MESH_BLE_PIN to the PIN that its display shows (123456 on a board without one).')
  }
  const answer = (message: Message): boolean => answerAgent(bluez, message, device, pin)
  bluez.bus.addMethodHandler(answer)
  const manager = { path: '/org/bluez', interface: 'org.bluez.AgentManager1' }
  try {
    await bluez.call({ ...manager, member: 'RegisterAgent', signature: 'os', body: [agentPath, 'KeyboardOnly'] }, signal)
    await bluez.call({ path: device, interface: 'org.bluez.Device1', member: 'Pair', limitMs: pairMs }, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (/ConnectionAttemptFailed/.test(errorNameOf(error))) throw unreachable(bluez, device, error)
    if (!/AlreadyExists/.test(errorNameOf(error))) {
      throw new TransportError('pairing', `pairing failed: ${textOf(error)}`,
        'Check MESH_BLE_PIN, and that no other program asks for it; a radio that was paired before needs `bluetoothctl remove` with its address first.', { cause: error })
    }
  } finally {
    await bluez.call({ ...manager, member: 'UnregisterAgent', signature: 'o', body: [agentPath] }).catch(() => {})
    bluez.bus.removeMethodHandler(answer)
  }
}

/** Whether the message was for the agent. */
function answerAgent (bluez: Bluez, message: Message, device: string, pin: string): boolean {
  if (message.path !== agentPath || message.interface !== agentInterface) return false
  const { Message: Answer } = bluez.dbus
  const isAsked = message.sender === bluez.owner && message.body[0] === device
  if (isAsked && message.member === 'RequestPasskey') {
    bluez.bus.send(Answer.newMethodReturn(message, 'u', [Number(pin)]))
  } else if (isAsked && message.member === 'RequestPinCode') {
    bluez.bus.send(Answer.newMethodReturn(message, 's', [pin]))
  } else if (message.member === 'Release' || message.member === 'Cancel') {
    bluez.bus.send(Answer.newMethodReturn(message))
  } else {
    bluez.bus.send(Answer.newError(message, 'org.bluez.Error.Rejected', 'only a PIN is given'))
  }
  return true
}
