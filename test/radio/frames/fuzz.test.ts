import t from 'tap'
import { fuzzFrames } from '../../support/frame-fuzz.js'

t.test('20,000 frames of noise, random payloads and changed fixtures: nothing but FrameError, no frame after a pause is lost', async (t) => {
  const { frames, decoded, probes } = fuzzFrames({ frames: 20_000, seed: 7411 })
  t.ok(frames >= 20_000)
  t.ok(decoded > frames / 3 && decoded < frames, `${decoded} of them are frames of known codes`)
  t.ok(probes > 100, `${probes} good frames in between`)
})
