import type { SelfInfo, Sent } from './frames/types.js'

/** What a LoRa modem is set to. The coding rate counts from 5 (4/5) to 8 (4/8). */
export type Modulation = Pick<SelfInfo, 'bandwidthKhz' | 'spreadingFactor' | 'codingRate'>

/** The way to a contact: null hops where none is known, so that a request floods. */
export interface Route { hops: number | null, hashSize: number }

/**
 * Nobody tells how many repeaters repeat a flood. It is counted as a request over three hops; the path is known after the first
 * answer, so floods are few.
 */
const floodRepeats = 3

/** From 16 ms on a modem sends two bits less in each symbol. */
const slowSymbolMs = 16

/**
 * LoRa time on air of a packet with explicit header and CRC. Source: Semtech AN1200.13, in the form of RadioLib's
 * SX126x::calculateTimeOnAir (SF5 and SF6 differ). The preamble is that of MeshCore 1.17 (RadioLibWrapper::preambleLengthForSF): 32
 * symbols up to SF8, else 16.
 *
 *     symbol  = 2^SF / bandwidth
 *     payload = 8 + ceil(max(8 bytes + 16 - 4 SF + 28, 0) / (4 SF)) * CR            symbols; SF - 2 below the line where symbols are slow
 *     time    = (preamble + 4.25 + payload) * symbol
 */
export function timeOnAirMs ({ bandwidthKhz, spreadingFactor, codingRate }: Modulation, bytes: number): number {
  const symbolMs = 2 ** spreadingFactor / bandwidthKhz
  const isShort = spreadingFactor < 7
  const preamble = (spreadingFactor <= 8 ? 32 : 16) + (isShort ? 6.25 : 4.25)
  const bits = Math.max(8 * bytes + 16 - 4 * spreadingFactor + (isShort ? 20 : 28), 0)
  const bitsPerBlock = 4 * (symbolMs >= slowSymbolMs ? spreadingFactor - 2 : spreadingFactor)
  return (preamble + 8 + Math.ceil(bits / bitsPerBlock) * codingRate) * symbolMs
}

/** Encrypted in blocks of 16 bytes, behind a MAC of two. */
const sealed = (bytes: number): number => 2 + 16 * Math.ceil(bytes / 16)

/** Bytes of a packet without its path: a header, the path's length, hashes of both ends, then a time stamp (or the tag) and the body. */
export const packetBytes = (bodyBytes: number): number => 2 + 2 + sealed(4 + bodyBytes)

/** A login carries the sender's whole key. `passwordBytes` counts to 15. */
export const loginBytes = (passwordBytes: number): number => 2 + 1 + 32 + sealed(4 + Math.min(passwordBytes, 15))

/**
 * The length by which a companion's firmware reckons a request's airtime: while a packet has no route yet, getRawLength() adds the
 * four bytes of transport codes, and nothing for the path.
 */
const reckonedBytes = (bytes: number): number => bytes + 4

/** A remote request's kind, by the bytes that the companion is given of it: a password's, or a binary request's. */
export interface Request { is: 'login' | 'request', bytes: number }

/** What the companion's firmware reckons as the time on air of a request, in whole milliseconds. */
export function reckonedAirtimeMs (modulation: Modulation, { is, bytes }: Request): number {
  return Math.floor(timeOnAirMs(modulation, reckonedBytes(is === 'login' ? loginBytes(bytes) : packetBytes(bytes))))
}

/** How often a packet is sent over a route: by its origin and by each hop. */
function transmissions ({ hops }: Pick<Route, 'hops'>): number {
  return 1 + (hops ?? floodRepeats)
}

/**
 * Airtime that the companion reckoned for one transmission of a request, out of the wait that it suggests. Source: companion_radio's
 * MyMesh.cpp, calcFloodTimeoutMillisFor: 500 + 16 a; calcDirectTimeoutMillisFor: 500 + (6 a + 250) * (hops + 1). undefined where the
 * route is not that of the request.
 */
export function airtimeOf ({ flooded, suggestedMs }: Sent, { hops }: Route): number | undefined {
  if (!flooded && hops === null) return undefined
  const airtimeMs = flooded ? (suggestedMs - 500) / 16 : ((suggestedMs - 500) / ((hops ?? 0) + 1) - 250) / 6
  return airtimeMs > 0 ? airtimeMs : undefined
}

/** Airtime that a request takes from the channel, its repeats included: by its SENT frame, and where that can't tell by the modulation. */
export function requestMs (modulation: Modulation, request: Request, route: Route, sent?: Sent): number {
  const airtimeMs = (sent && airtimeOf(sent, route)) ?? reckonedAirtimeMs(modulation, request)
  return airtimeMs * transmissions(sent?.flooded === true ? { ...route, hops: null } : route)
}

/** Airtime that an answer took, its repeats included. `bodyBytes` are those behind the tag; the answer to a login has 9. */
export function answerMs (modulation: Modulation, bodyBytes: number, route: Route): number {
  const pathBytes = (route.hops ?? floodRepeats) * route.hashSize
  return timeOnAirMs(modulation, packetBytes(bodyBytes) + pathBytes) * transmissions(route)
}

/**
 * Airtime of what a companion sends by itself after the answer to a flood: its path back, directly (meshcore.md 4.2, point 10). The hops
 * are those of the flood, as nobody has told them yet.
 */
export function returnPathMs (modulation: Modulation): number {
  return timeOnAirMs(modulation, packetBytes(floodRepeats + 2) + floodRepeats) * transmissions({ hops: null })
}
