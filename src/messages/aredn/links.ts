import { unknownFields, withPart } from '../extra.js'
import type { JsonObject } from '../fields.js'
import { type LinkInfo, linkInfoShape, type Sysinfo, type Tracker, trackerShape } from './shape.js'
import { nodeName, numberOf, truthOf } from './values.js'

/** What a node says of one of its neighbours over one medium. Everything is null where it was not measured. */
export interface Link {
  /** Name of the neighbour. */
  peer: string
  address: string | null
  /** rf, tunnel, dtd, xlink; '' where the node does not say. */
  medium: string
  device: string | null
  /** Share of the neighbour's hellos heard here, and of ours heard there, 0..1. */
  lq: number | null
  nlq: number | null
  signalDbm: number | null
  noiseDbm: number | null
  txBitrateMbps: number | null
  rxcost: number | null
  txcost: number | null
  /** Babel's own measurement, where it makes one. */
  rttMs: number | null
  /** Running average of the pings that came back. */
  pingMs: number | null
  quality: number | null
  /** Some route goes over it. */
  routable: boolean | null
  extra: JsonObject | null
}

interface Candidate { link: Link, kind: string, lastSeen: number, isTracker: boolean }

const media: Record<string, string> = { RF: 'rf', RRF: 'rf', LRF: 'rf', DTD: 'dtd', XLINK: 'xlink', WIREGUARD: 'tunnel', TUNNEL: 'tunnel', TUN: 'tunnel', SUPERNODE: 'tunnel' }
const longestMedium = 32

/** Without an answered ping for this long the numbers of a tracker are old ones: LQM keeps a neighbour for a day after it was last seen. A link that loses two packets of three has pauses of some minutes. */
const oldAfterS = 600

/** Links by neighbour and medium, as the node's LQM and its routing daemon tell; undefined where the answer has neither, or LQM has just started. */
export function linksOf ({ node, lqm, link_info: linkInfo }: Sysinfo): Link[] | undefined {
  const now = numberOf(lqm?.info?.now)
  const trackers = listOf(lqm?.info?.trackers)
  const told = Object.entries(linkInfo ?? {}).flatMap(([address, entry]) => entry === null ? [] : [{ address, entry }])
  if (now === null && trackers.length === 0 && told.length === 0) return undefined
  // Without OLSR it repeats what the trackers say, old values too.
  const routed = told.filter(({ entry }) => trackers.length === 0 || (entry.linkQuality ?? null) !== null)
  const candidates = [...trackers.flatMap((tracker) => fromTracker(tracker, now)), ...routed.flatMap(({ address, entry }) => fromLinkInfo(entry, address))]
  const own = nodeName(node ?? '').toLowerCase()
  const links = new Map<string, Candidate>()
  for (const candidate of withoutRepeated(candidates)) {
    const { peer, medium } = candidate.link
    const key = `${peer.toLowerCase()} ${medium}`
    const known = links.get(key)
    if (peer.toLowerCase() !== own) links.set(key, known ? joined(known, candidate) : candidate)
  }
  return [...links.values()].map(({ link }) => link)
}

function listOf<T> (entries: Record<string, T | null> | Array<T | null> | null | undefined): T[] {
  return Object.values(entries ?? {}).flatMap((entry) => entry ?? [])
}

function fromTracker (tracker: Tracker, now: number | null): Candidate[] {
  const peer = nodeName(tracker.hostname ?? '')
  if (peer === '') return []
  const lastSeen = numberOf(tracker.lastseen)
  const isOld = now !== null && lastSeen !== null && now - lastSeen > oldAfterS
  const fresh = isOld ? {} : tracker
  const medium = mediumOf(tracker.type)
  const radio = medium === 'rf' || medium === '' ? fresh : {}
  const signalDbm = belowZero(numberOf(radio.signal))
  const snrDb = numberOf(radio.snr)
  const blocked = truthOf(tracker.user_blocks) ?? truthOf(tracker.blocked)
  let extra = unknownFields(tracker, trackerShape)
  extra = withPart(extra, 'rev_snr', numberOf(radio.rev_snr))
  if (blocked === true) extra = withPart(extra, 'blocked', true)
  const link: Link = {
    peer,
    address: tracker.canonical_ip || tracker.ip || null,
    medium,
    device: tracker.device || null,
    lq: hundredth(numberOf(fresh.lq, { min: 0, max: 100 })),
    nlq: hundredth(numberOf(fresh.rev_lq, { min: 0, max: 100 })),
    signalDbm,
    noiseDbm: belowZero(numberOf(radio.noise)) ?? (signalDbm === null || snrDb === null ? null : signalDbm - snrDb),
    txBitrateMbps: numberOf(radio.tx_bitrate, { min: 0 }),
    rxcost: numberOf(fresh.rxcost, { min: 0, max: 65_535 }),
    txcost: numberOf(fresh.txcost, { min: 0, max: 65_535 }),
    rttMs: numberOf(fresh.rtt, { min: 0 }),
    pingMs: milliseconds(numberOf(fresh.ping_success_time, { min: 0 })),
    quality: numberOf(fresh.quality, { min: 0, max: 100 }),
    routable: truthOf(tracker.routable),
    extra,
  }
  return [{ link, kind: (tracker.type ?? '').toUpperCase(), lastSeen: lastSeen ?? -1, isTracker: true }]
}

/** In firmware 3.x the numbers of OLSR; in 4.x it repeats the trackers. */
function fromLinkInfo (entry: LinkInfo, address: string): Candidate[] {
  const peer = nodeName(entry.hostname ?? '')
  if (peer === '') return []
  const link: Link = {
    peer,
    address,
    medium: mediumOf(entry.linkType),
    device: entry.olsrInterface || entry.interface || null,
    lq: numberOf(entry.linkQuality, { min: 0, max: 1 }),
    nlq: numberOf(entry.neighborLinkQuality, { min: 0, max: 1 }),
    signalDbm: belowZero(numberOf(entry.signal)),
    noiseDbm: belowZero(numberOf(entry.noise)),
    txBitrateMbps: numberOf(entry.tx_rate, { min: 0 }),
    rxcost: null,
    txcost: null,
    rttMs: null,
    pingMs: null,
    quality: null,
    routable: null,
    extra: unknownFields(entry, linkInfoShape),
  }
  return [{ link, kind: (entry.linkType ?? '').toUpperCase(), lastSeen: -1, isTracker: false }]
}

/** A radio of another node on the same cable is seen as RRF or LRF beside the cable itself: one link, which the cable stands for. */
function withoutRepeated (candidates: Candidate[]): Candidate[] {
  const cabled = new Set(candidates.filter(({ kind }) => kind === 'DTD').flatMap(({ link: { peer, address } }) => [peer.toLowerCase(), ...address === null ? [] : [address]]))
  return candidates.filter(({ kind, link: { peer, address } }) => (kind !== 'RRF' && kind !== 'LRF') || !(cabled.has(peer.toLowerCase()) || (address !== null && cabled.has(address))))
}

/** OLSR's numbers complete those of LQM. Of two trackers (a tunnel that came up on another device is there twice for a while) what carries routes, else what was seen last. */
function joined (known: Candidate, other: Candidate): Candidate {
  if (known.isTracker === other.isTracker) return (rank(other) > rank(known)) ? other : known
  const { lq, nlq, signalDbm, noiseDbm, txBitrateMbps } = other.link
  const { link } = known
  return { ...known, link: { ...link, lq: link.lq ?? lq, nlq: link.nlq ?? nlq, signalDbm: link.signalDbm ?? signalDbm, noiseDbm: link.noiseDbm ?? noiseDbm, txBitrateMbps: link.txBitrateMbps ?? txBitrateMbps } }
}

function rank ({ link, lastSeen }: Candidate): number {
  return link.routable === true ? Infinity : lastSeen
}

function mediumOf (type: string | null | undefined): string {
  const kind = (type ?? '').trim().toUpperCase()
  return media[kind] ?? kind.toLowerCase().slice(0, longestMedium)
}

function hundredth (percent: number | null): number | null {
  return percent === null ? null : percent / 100
}

/** dBm of a receiver are below zero; 0 stands for not measured. */
function belowZero (dbm: number | null): number | null {
  return dbm !== null && dbm < 0 ? dbm : null
}

function milliseconds (seconds: number | null): number | null {
  return seconds === null || seconds === 0 ? null : seconds * 1000
}
