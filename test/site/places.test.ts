import t from 'tap'
import { fileName } from '../../src/dashboard/file-name.js'
import { placeTargets } from '../../src/site/places.js'

const { fileOf, hrefFrom } = placeTargets([{ id: 'Hill', kind: 'repeater' }, { id: 'Base', kind: 'companion' }, { id: 'Lake', kind: 'repeater' }], (name) => name)

t.test('the first of each role has the addresses of meshcore-stats', async (t) => {
  t.equal(fileOf({ to: 'radio', node: 'Hill', window: 'week' }), 'week.html')
  t.equal(fileOf({ to: 'radio', node: 'Base' }), 'companion/day.html')
  t.match(fileOf({ to: 'radio', node: 'Lake', window: 'year' }), /^radios\/lake-[0-9a-f]{8}\/year\.html$/)
})

t.test('addresses are relative', async (t) => {
  const href = hrefFrom('companion/day.html')
  t.equal(href({ to: 'radio', node: 'Base', window: 'week' }), 'week.html')
  t.equal(href({ to: 'radio', node: 'Hill' }), '../day.html')
  t.equal(href({ to: 'asset', name: 'style.css' }), '../assets/style.css')
  t.match(href({ to: 'node', id: 'Hill' }), /^\.\.\/nodes\.html#row-hill-[0-9a-f]{8}$/)
  t.match(hrefFrom('nodes.html')({ to: 'node', id: 'Hill' }), /^#row-hill/)
})

t.test('names make files that nothing can lead out of the folder, different ones for different names', async (t) => {
  const names = ['Hill', 'hill', '../../etc/passwd', '..', '', '<script>', 'a/b', 'a-b', 'ä', '📡', 'x'.repeat(200), 'x'.repeat(201), 'con', 'A%2Fb']
  const files = names.map(fileName)
  for (const file of files) t.match(file, /^[a-z0-9][a-z0-9._-]*$/)
  t.equal(new Set(files).size, names.length)
  t.equal(fileName('hill-2'), 'hill-2')
})
