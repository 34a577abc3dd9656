import {
  decodeAccessList, decodeCommand, decodeFrame, decodeLpp, decodeNeighbours, decodeRepeaterStats, encodeCommand, encodeFrame, frame, FrameError, Framer, type RadioFrame,
} from '../../src/radio/frames/index.js'
import { Random } from '../../src/simulate/random.js'
import { fixtures } from './frame-fixtures.js'

export interface Fuzzed {
  /** Payloads found in the stream and decoded in every way. */
  frames: number
  /** Of them, those that are a frame of a radio, of a code that is known. */
  decoded: number
  /** Good frames sent in between after a pause; all of them arrived. */
  probes: number
}

const good = Object.values(fixtures)
const codes = 0x91
const framesPerProbe = 50
const mostChunk = 200

/**
 * Sends noise, random payloads and changed fixtures through a Framer in pieces of any size, and decodes what comes out in every
 * way there is, until so many frames were decoded. Throws at the first that throws anything but FrameError, that can't be
 * encoded again, whose text could reach a terminal with a control character, or where a good frame after a pause is not delivered.
 */
export function fuzzFrames ({ frames, seed }: { frames: number, seed: number }): Fuzzed {
  const random = new Random(seed)
  const framer = new Framer('>')
  const fuzzed = { frames: 0, decoded: 0, probes: 0 }
  while (fuzzed.frames < frames) {
    for (let sent = 0; sent < framesPerProbe; sent++) decodeAll(framer.push(fuzzBytes(random)), fuzzed)
    decodeAll(framer.giveUp(), fuzzed)
    probe(framer, random.pick(good)!)
    fuzzed.probes++
  }
  return fuzzed
}

function probe (framer: Framer, payload: Uint8Array): void {
  const got = framer.push(frame('>', payload))
  if (got.length !== 1 || Buffer.compare(got[0]!, payload) !== 0) throw new Error(`${Buffer.from(payload).toString('hex')} was not delivered after a pause`)
}

function decodeAll (payloads: Uint8Array[], fuzzed: Fuzzed): void {
  for (const payload of payloads) {
    try {
      fuzzed.frames++
      if (decodeEveryWay(payload)) fuzzed.decoded++
    } catch (error) {
      throw new Error(`payload ${Buffer.from(payload).toString('hex')}`, { cause: error })
    }
  }
}

/** True if it is a frame of a radio, of a code that is known. */
function decodeEveryWay (payload: Uint8Array): boolean {
  const command = unlessRefused(() => decodeCommand(payload))
  if (command) encodeCommand(command)
  const decoded = unlessRefused(() => decodeFrame(payload))
  if (!decoded) return false
  encodeFrame(decoded)
  if (textsOf(decoded).some((text) => /\p{Cc}|\p{Cs}/u.test(text))) throw new Error('text with a control character')
  if ('body' in decoded) {
    unlessRefused(() => decodeRepeaterStats(decoded.body))
    unlessRefused(() => decodeNeighbours(decoded.body, 6))
    decodeAccessList(decoded.body)
    decodeLpp(decoded.body)
  }
  return decoded.is !== 'unknown'
}

function unlessRefused<T> (decode: () => T): T | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof FrameError) return undefined
    throw error
  }
}

function textsOf (decoded: RadioFrame): string[] {
  return (decoded.is === 'custom_vars' ? Object.entries(decoded.vars).flat() : Object.values<unknown>({ ...decoded })).filter((value) => typeof value === 'string')
}

/** A frame, or noise, or a frame that is cut or has a wrong length. */
function fuzzBytes (random: Random): Uint8Array {
  const bytes = [...frame('>', fuzzPayload(random))]
  switch (random.integer(12)) {
    case 0: return randomBytes(random, 1 + random.integer(mostChunk))
    case 1: return Uint8Array.from(bytes.slice(0, random.integer(bytes.length)))
    case 2: return Uint8Array.from(bytes.slice(random.integer(bytes.length)))
    case 3: return Uint8Array.from(bytes.with(1, random.integer(256)).with(2, random.integer(3)))
    default: return Uint8Array.from(bytes)
  }
}

function fuzzPayload (random: Random): Uint8Array {
  const one = [...random.pick(good)!]
  switch (random.integer(6)) {
    case 0: return Uint8Array.from([random.integer(codes), ...randomBytes(random, random.integer(175))])
    case 1: return Uint8Array.from(one.slice(0, 1 + random.integer(one.length)))
    case 2: return Uint8Array.from([...one, ...randomBytes(random, 1 + random.integer(80))])
    case 3: return Uint8Array.from([random.integer(codes), ...one.slice(1)])
    case 4: return Uint8Array.from([...one.slice(0, 1 + random.integer(one.length)), ...random.pick(good)!])
    default: return changed(random, one)
  }
}

function changed (random: Random, bytes: number[]): Uint8Array {
  const other = Uint8Array.from(bytes)
  for (let times = 1 + random.integer(6); times > 0; times--) other[random.integer(other.length)] = random.integer(256)
  return other
}

function randomBytes (random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.integer(256))
}
