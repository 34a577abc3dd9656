import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { SegmentWriter } from '../../src/delivery/segment-writer.js'
import { listSegments, readSegment, sealSegment, segmentPath } from '../../src/delivery/segments.js'
import { temporaryFolder } from '../support/embedded.js'

t.test('a segment that another process took and deleted is not written to any more', async (t) => {
  const folder = join(temporaryFolder(t), 'queue')
  const writer = new SegmentWriter({ folder, segmentBytes: 1_000_000, segmentMs: 3_600_000, now: Date.now })
  await writer.append({ n: 1 })
  const [first] = await listSegments(folder, [])
  t.match(first, { isOpen: true, waiting: 1 })
  await writer.append({ n: 2 })
  t.equal((await listSegments(folder, [])).length, 1, 'else it is written on')
  t.equal(await sealSegment(folder, first!.name), true)
  t.same((await readSegment(folder, first!.name))?.messages, ['{"n":1}', '{"n":2}'])
  rmSync(segmentPath(folder, { name: first!.name, isOpen: false }))

  await writer.append({ n: 3 })
  await writer.seal()
  const [second, ...others] = await listSegments(folder, [])
  t.same(others, [])
  t.same((await readSegment(folder, second!.name))?.messages, ['{"n":3}'])
  t.equal(await sealSegment(folder, second!.name), false)
})

t.test('segments end at their size and their age, and sort as they were begun', async (t) => {
  const folder = join(temporaryFolder(t), 'queue')
  let nowMs = 1_800_000_000_000
  const writer = new SegmentWriter({ folder, segmentBytes: 50, segmentMs: 1000, now: () => nowMs })
  for (let n = 0; n < 4; n++) await writer.append({ n, text: 'x'.repeat(20) })
  nowMs += 1
  await writer.append({ n: 4 })
  nowMs += 1001
  await writer.append({ n: 5 })
  nowMs -= 100_000
  await writer.append({ n: 6 })
  await writer.append({ n: 7 })
  await writer.seal()
  const segments = await listSegments(folder, [])
  const contents = await Promise.all(segments.map(({ name }) => readSegment(folder, name)))
  t.same(contents.map((content) => content?.messages.map((line) => JSON.parse(line).n)), [[0, 1], [2, 3], [4], [5], [6, 7]], 'also after the clock was put back')
  t.same(readdirSync(folder).filter((file) => file.endsWith('.open')), [])
})

t.test('what could not be delivered is refused at once', async (t) => {
  const writer = new SegmentWriter({ folder: join(temporaryFolder(t), 'queue'), segmentBytes: 1_000_000, segmentMs: 3_600_000, now: Date.now })
  await t.rejects(writer.append({ text: 'x'.repeat(5_000_000) }), { name: 'DeliveryError', message: /too large/ })
  const results = await Promise.allSettled(Array.from({ length: 10_500 }, (_, n) => writer.append({ n })))
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 10_000, 'as many as may wait for the disk')
  await writer.append({ n: 1 })
  await writer.seal()
})
