import { Reader, Writer } from './bytes.js'
import { FrameError, type LppReading } from './types.js'

/** The number on the air is `value * scale`, big-endian. */
interface Part { size: number, scale: number, signed: boolean }

/** A value is one number, or one of each named part. */
interface LppType { name: string, parts: Part | Record<string, Part> }

function unsigned (size: number, scale = 1): Part {
  return { size, scale, signed: false }
}

function signed (size: number, scale = 1): Part {
  return { size, scale, signed: true }
}

/**
 * Cayenne LPP as MeshCore has it (src/helpers/sensors/LPPDataHelpers.h). Names, also of parts, as in meshcore_py's
 * lpp_json_encoder.py; it has none for the parts of the gyrometer, which are named here after those of the accelerometer.
 */
const types: Record<number, LppType> = {
  0: { name: 'digital_input', parts: unsigned(1) },
  1: { name: 'digital_output', parts: unsigned(1) },
  2: { name: 'analog_input', parts: signed(2, 100) },
  3: { name: 'analog_output', parts: signed(2, 100) },
  100: { name: 'generic_sensor', parts: unsigned(4) },
  101: { name: 'illuminance', parts: unsigned(2) },
  102: { name: 'presence', parts: unsigned(1) },
  103: { name: 'temperature', parts: signed(2, 10) },
  104: { name: 'humidity', parts: unsigned(1, 2) },
  113: { name: 'accelerometer', parts: { acc_x: signed(2, 1000), acc_y: signed(2, 1000), acc_z: signed(2, 1000) } },
  115: { name: 'barometer', parts: unsigned(2, 10) },
  116: { name: 'voltage', parts: unsigned(2, 100) },
  117: { name: 'current', parts: signed(2, 1000) },
  118: { name: 'frequency', parts: unsigned(4) },
  120: { name: 'percentage', parts: unsigned(1) },
  121: { name: 'altitude', parts: signed(2) },
  125: { name: 'concentration', parts: unsigned(2) },
  128: { name: 'power', parts: unsigned(2) },
  130: { name: 'distance', parts: unsigned(4, 1000) },
  131: { name: 'energy', parts: unsigned(4, 1000) },
  132: { name: 'direction', parts: unsigned(2) },
  133: { name: 'time', parts: unsigned(4) },
  134: { name: 'gyrometer', parts: { gyr_x: signed(2, 100), gyr_y: signed(2, 100), gyr_z: signed(2, 100) } },
  135: { name: 'colour', parts: { red: unsigned(1), green: unsigned(1), blue: unsigned(1) } },
  136: { name: 'gps', parts: { latitude: signed(3, 10_000), longitude: signed(3, 10_000), altitude: signed(3, 100) } },
  142: { name: 'switch', parts: unsigned(1) },
}
const headerBytes = 2

/**
 * Readings up to the padding, which begins with a channel of 0. The length of an unknown type is not known, so it ends the
 * list, as does a value that is cut off: what was read before is kept. The same channel and type may come twice. Never throws.
 */
export function decodeLpp (body: Uint8Array): LppReading[] {
  const reader = new Reader(body, 'telemetry')
  const readings: LppReading[] = []
  while (reader.left > headerBytes) {
    const channel = reader.uint('channel', 1)
    const type = reader.uint('type', 1)
    const known = types[type]
    if (channel === 0 || known === undefined || reader.left < sizeOf(known)) break
    readings.push({ channel, type, name: known.name, value: readValue(reader, known) })
  }
  return readings
}

/** Without padding. `name` is not written. Throws FrameError for a type that is not known or a value that does not fit it. */
export function encodeLpp (readings: LppReading[]): Uint8Array {
  const writer = new Writer('telemetry')
  for (const { channel, type, value } of readings) {
    const known = types[type]
    if (channel === 0 || known === undefined) throw new FrameError(`telemetry: type ${type} on channel ${channel} can't be written`)
    writer.uint('channel', 1, channel)
    writer.uint('type', 1, type)
    writeValue(writer, known, value)
  }
  return writer.done()
}

function isPart (parts: LppType['parts']): parts is Part {
  return typeof parts.size === 'number'
}

function sizeOf ({ parts }: LppType): number {
  return isPart(parts) ? parts.size : Object.values(parts).reduce((sum, { size }) => sum + size, 0)
}

function readValue (reader: Reader, { name, parts }: LppType): LppReading['value'] {
  if (isPart(parts)) return readPart(reader, name, parts)
  return Object.fromEntries(Object.entries(parts).map(([part, its]) => [part, readPart(reader, part, its)]))
}

function readPart (reader: Reader, name: string, { size, scale, signed }: Part): number {
  return (signed ? reader.int(name, size, 'big') : reader.uint(name, size, 'big')) / scale
}

function writeValue (writer: Writer, { name, parts }: LppType, value: LppReading['value']): void {
  if (isPart(parts)) writePart(writer, name, parts, typeof value === 'number' ? value : undefined)
  else for (const [part, its] of Object.entries(parts)) writePart(writer, part, its, typeof value === 'number' ? undefined : value[part])
}

function writePart (writer: Writer, name: string, { size, scale, signed }: Part, value: number | undefined): void {
  if (value === undefined) throw new FrameError(`telemetry: ${name} has no value`)
  const raw = Math.round(value * scale)
  if (signed) writer.int(name, size, raw, 'big')
  else writer.uint(name, size, raw, 'big')
}
