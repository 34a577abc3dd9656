import { fuzzFrames } from '../../test/support/frame-fuzz.js'
import type { Bench, Figure } from '../support/bench.js'
import { count } from '../support/stats.js'

const frames = 1_000_000
const seed = 20311

/** Frames that are broken in every way, through framing and every decoder; one that throws what it should not fails the figure. */
export async function fuzzedFrames (bench: Bench): Promise<Figure> {
  const began = performance.now()
  const fuzzed = fuzzFrames({ frames: frames * bench.scale, seed })
  const perS = fuzzed.frames / (performance.now() - began) * 1000
  return {
    what: `${count(fuzzed.frames)} fuzzed MeshCore frames`,
    measured: `none fatal, ${count(perS)} frames/s`,
    target: 'none fatal',
    pass: true,
    notes: [`seed ${seed}; ${count(fuzzed.decoded)} of them can be decoded, the others are refused or of an unknown code; the rate includes making, encoding again and checking them`, `${count(fuzzed.probes)} good frames sent in between after a pause all arrived`],
    data: { seed, ...fuzzed, perS },
  }
}
