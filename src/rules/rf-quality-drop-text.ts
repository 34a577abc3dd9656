import type { Scope } from '../incidents/subject.js'
import type { Finding } from './rule.js'
import type { Baseline, Seen, Settings } from './rf-quality-drop.js'
import { isoOf } from './sql.js'

type Link = Extract<Scope, { type: 'link' }>

/** A signal or noise that moved by less is no explanation. */
const movedDb = 3
const mostPoints = 60

/** Why a link got worse and what to do about it: radio links by signal and noise where they are measured, all others by what carries them. */
export function describe (link: Link, { now, points }: Seen, baseline: Baseline, settings: Settings): Omit<Finding, 'severity'> {
  const signalDb = change(now.signalDbm, baseline.signalDbm)
  const noiseDb = change(now.noiseDbm, baseline.noiseDbm)
  const isAsymmetric = Math.abs(now.lq - now.nlq) > settings.asymmetric_lq
  const [worse, better] = now.lq < now.nlq ? [link.a, link.b] : [link.b, link.a]
  const numbers = `LQ ${format(now.lq)}, NLQ ${format(now.nlq)}, ETX ${format(now.etx)} where ${format(baseline.etx)} is usual`
  const reason = link.medium === 'rf' ? reasonOf(signalDb, noiseDb, now) : `the backhaul under this ${mediumName(link.medium)} link loses packets`
  const asymmetry = isAsymmetric ? `; the link is asymmetric, ${worse} receives ${better} worse than the other way round` : ''
  return {
    cause: `The link ${link.a} – ${link.b} is down to ${numbers}: ${reason}${asymmetry}.`,
    nextSteps: link.medium === 'rf' ? radioSteps(link, signalDb, noiseDb, isAsymmetric ? { worse, better } : null) : backhaulSteps(link),
    evidence: {
      metric: 'lq', unit: '', open: settings.open_lq, clear: settings.clear_lq,
      points: points.slice(-mostPoints).map(([ms, lq]) => [isoOf(ms), round(lq)]),
      lq: round(now.lq), nlq: round(now.nlq), etx: round(now.etx), rows: now.n, baseline_etx: round(baseline.etx), baseline_lq: round(baseline.lq), baseline_nlq: round(baseline.nlq),
      signal_dbm: rounded(now.signalDbm), baseline_signal_dbm: rounded(baseline.signalDbm), noise_dbm: rounded(now.noiseDbm), baseline_noise_dbm: rounded(baseline.noiseDbm),
      is_asymmetric: isAsymmetric,
    },
  }
}

function reasonOf (signalDb: number | null, noiseDb: number | null, { signalDbm, noiseDbm }: Seen['now']): string {
  const reasons = [
    ...signalDb !== null && signalDb <= -movedDb ? [`the signal fell by ${(-signalDb).toFixed(0)} dB to ${signalDbm?.toFixed(0)} dBm, an antenna out of alignment or an obstruction`] : [],
    ...noiseDb !== null && noiseDb >= movedDb ? [`the noise rose by ${noiseDb.toFixed(0)} dB to ${noiseDbm?.toFixed(0)} dBm, which lowers the SNR`] : [],
  ]
  if (reasons.length > 0) return reasons.join(', and ')
  if (signalDb !== null || noiseDb !== null) return 'signal and noise did not move, so look for interference that comes and goes, or a busy channel'
  return 'alignment, an obstruction or a falling SNR'
}

function radioSteps ({ a, b }: Link, signalDb: number | null, noiseDb: number | null, ends: { worse: string, better: string } | null): string[] {
  const isNoise = noiseDb !== null && noiseDb >= movedDb
  const isSignal = signalDb !== null && signalDb <= -movedDb
  return [
    ...isNoise ? [`Scan the channel at ${a} and ${b} for other transmitters and try another channel`] : [],
    ...isSignal || !isNoise ? [`Check the alignment and the connectors of the antennas at ${a} and ${b}`, 'Look for something new in the line of sight: leaves, a crane, ice'] : [],
    ...ends === null ? [] : [`Look for noise at ${ends.worse} and for low transmit power at ${ends.better}`],
  ]
}

function backhaulSteps ({ a, b, medium }: Link): string[] {
  if (medium === 'dtd' || medium === 'ethernet') return [`Check cable, connectors and switch ports between ${a} and ${b}`, 'Look for errors and a changed speed on both ports']
  return [`Check the internet access that carries the link at ${a} and ${b}: load, packet loss, its provider`, `Restart the link on ${a} or ${b} once that is sound`]
}

function mediumName (medium: string): string {
  return medium === 'dtd' ? 'DtD' : medium
}

function change (now: number | null, before: number | null): number | null {
  return now === null || before === null ? null : now - before
}

function format (value: number): string {
  return value.toFixed(2)
}

function round (value: number): number {
  return Math.round(value * 1000) / 1000
}

function rounded (value: number | null): number | null {
  return value === null ? null : round(value)
}
