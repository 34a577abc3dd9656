import t from 'tap'
import { Progress, progressLine } from '../src/progress.js'

t.test('a line says share, rate and time left', async (t) => {
  t.equal(progressLine({ done: 0.25, count: 1000, unit: 'messages', seconds: 30 }), `${'█'.repeat(8)}${'░'.repeat(22)} 25 %  1000 messages, 33/s, 1:30 left`)
  t.equal(progressLine({ done: 0, count: 10, unit: 'messages', seconds: 2 }), '10 messages, 5/s', 'a run without end has no share')
})

t.test('a terminal gets a line that is wiped at the end, anything else nothing', async (t) => {
  for (const isTTY of [true, false]) {
    const written: string[] = []
    const write = (text: unknown): boolean => written.push(String(text)) > 0
    const progress = new Progress({ isTTY, write }, { from: 0, to: 1000 })
    progress.show(500, 1)
    progress.end()
    if (isTTY) t.match(written, [/50 %/, '\r\x1b[2K'])
    else t.same(written, [])
  }
})
