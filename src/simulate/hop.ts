import { dropFactors } from './conditions.js'
import type { Fault } from './faults.js'
import { clamp, type Link } from './mesh.js'
import type { Random } from './random.js'

/** One hop of a route as its sender sees it; signal and noise of radio links only. */
export interface Hop {
  from: number
  to: number
  link: Link
  lq: number
  nlq: number
  etx: number
  signalDbm: number | null
  noiseDbm: number | null
  bitrateMbps: number
}

/** What a measurement meets: the faults under way, and load (0..1) and swing of the SNR (dB) at that time of the day. */
export interface Weather { active: readonly Fault[], load: number, snr: number }

export function measureHop ({ from, to, link }: Pick<Hop, 'from' | 'to' | 'link'>, { active, load, snr }: Weather, random: Random): Hop {
  if (link.medium !== 'rf') return { from, to, link, lq: 1, nlq: 1, etx: 1, signalDbm: null, noiseDbm: null, bitrateMbps: link.bitrateMbps }
  const dropped = active.some(({ kind, subject }) => kind === 'rf_drop' && subject.scope === 'link' && subject.link === link.index)
  const share = dropped ? dropFactors : { lq: 1, nlq: 1 }
  const heard = (lq: number): number => clamp(lq - 0.008 * load + 0.007 * random.noise(), 0.05, 1)
  const own = round(heard(link.lq) * share.lq, 1000)
  const back = round(heard(link.nlq) * share.nlq, 1000)
  const [lq, nlq] = from === link.a ? [own, back] : [back, own]
  // Every second failing link has lost its aim, the others have a noisy neighbour.
  const faded = dropped && link.index % 2 === 0 ? 11 : 0
  const jammed = dropped && link.index % 2 === 1 ? 9 : 0
  const noiseDbm = Math.round(link.noiseDbm + jammed + 0.6 * random.noise())
  const signalDbm = Math.round(link.noiseDbm + link.snrDb + snr - faded + 0.8 * random.noise())
  return { from, to, link, lq, nlq, etx: round(1 / (lq * nlq), 100), signalDbm, noiseDbm, bitrateMbps: dropped ? Math.max(6, Math.round(link.bitrateMbps / 3)) : link.bitrateMbps }
}

/** To 1 / parts. */
export function round (value: number, parts: number): number {
  return Math.round(value * parts) / parts
}
