import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openNodesFile } from '../../src/aredn/nodes-file.js'
import { temporaryFolder } from '../support/embedded.js'

const node = { name: 'hb9x', ip: '10.0.0.1', heard: 1_780_000_000_000 }

t.test('what is saved is read again, and nothing else lies about', async (t) => {
  const folder = temporaryFolder(t)
  const warnings: string[] = []
  const log = { warn: (_: object, text: string) => { warnings.push(text) } }
  const file = openNodesFile(join(folder, 'nodes.json'), log)
  t.same(file.read(), [])
  file.save([node])
  file.save([node, { ...node, name: 'hb9y' }])
  t.same(openNodesFile(join(folder, 'nodes.json'), log).read(), [node, { ...node, name: 'hb9y' }])
  t.same(readdirSync(folder), ['nodes.json'])
  t.same(warnings, [])
})

t.test('a file that is damaged, foreign or far too large is told and as good as none', async (t) => {
  for (const text of ['', '{"version":1,"nodes":[{"na', '[]', '{"version":2,"nodes":[]}', '{"version":1,"nodes":[{"name":5,"ip":"10.0.0.1","heard":1}]}', ' '.repeat(5 * 1024 ** 2)]) {
    const path = join(temporaryFolder(t), 'nodes.json')
    writeFileSync(path, text)
    const warnings: string[] = []
    const file = openNodesFile(path, { warn: (_: object, line: string) => { warnings.push(line) } })
    t.same(file.read(), [], text.slice(0, 40))
    t.match(warnings, [/the known nodes can't be read, and are found anew/])
    file.save([node])
    t.same(file.read(), [node], 'and the next save mends it')
  }
})

t.test('a disk that takes nothing is told once', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'nodes.json')
  const warnings: string[] = []
  const file = openNodesFile(path, { warn: (_: object, line: string) => { warnings.push(line) } })
  file.save([node])
  // A folder in the place of the file that is written first: for root, too.
  const inTheWay = `${path}.${process.pid}.new`
  mkdirSync(inTheWay)
  file.save([])
  file.save([])
  t.match(warnings, [/can't be written, and are found anew after a restart/])
  t.equal(warnings.length, 1)
  t.match(JSON.parse(readFileSync(path, 'utf8')), { nodes: [node] }, 'the old one is whole')
})
