import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ProcessLock } from '../../src/process-lock.js'
import { writeSite, type SiteFile } from '../../src/site/write-site.js'
import { temporaryFolder } from '../support/embedded.js'

const at = (ms: number) => ({ now: () => ms })
const file = (path: string, content: string | null, more: Partial<SiteFile> = {}): SiteFile => ({ path, make: async () => content, ...more })
const ours = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile() && !name.startsWith('.')).sort()

t.test('only what changed is written, what is no longer there goes, what is not ours stays', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'robots.txt'), 'not ours')
  t.same(await writeSite(folder, [file('a/b.html', '1'), file('c.html', '2'), file('none.html', null)], at(0)), { written: 2, same: 0, removed: 0 })
  const before = statSync(join(folder, 'c.html')).mtimeMs
  t.same(await writeSite(folder, [file('c.html', '2'), file('d.html', '3')], at(1000)), { written: 1, same: 1, removed: 1 })
  t.same(ours(folder), ['c.html', 'd.html', 'robots.txt'])
  t.notOk(existsSync(join(folder, 'a')), 'nor is its empty folder left')
  t.equal(statSync(join(folder, 'c.html')).mtimeMs, before)
})

t.test('what is fresh enough is not even made', async (t) => {
  const folder = temporaryFolder(t)
  let made = 0
  const slow = file('year.svg', '', { freshMs: 3_600_000, make: async () => String(++made) })
  for (const ms of [0, 3_599_999, 3_600_000]) await writeSite(folder, [slow], at(ms))
  t.equal(readFileSync(join(folder, 'year.svg'), 'utf8'), '2')
  await writeSite(folder, [slow], at(-1))
  t.equal(made, 3, 'a clock that went back does not keep it for ever')
  await writeSite(folder, [file('style.1.css', '', { isBase: true }), slow], at(0))
  await writeSite(folder, [file('style.2.css', '', { isBase: true }), slow], at(1))
  t.equal(made, 5, 'nor does it go on referring to a style sheet that is gone')
})

t.test('files of others are overwritten with force alone', async (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'index.html'), 'of meshcore-stats')
  await t.rejects(writeSite(folder, [file('index.html', 'ours')], at(0)), { message: /index\.html was not written by meshmon site; .*--force/ })
  t.equal(readFileSync(join(folder, 'index.html'), 'utf8'), 'of meshcore-stats')
  await writeSite(folder, [file('index.html', 'ours')], { ...at(0), force: true })
  t.equal(readFileSync(join(folder, 'index.html'), 'utf8'), 'ours')
})

t.test('a run that is stopped or fails leaves the site as it was, and nothing of its own', async (t) => {
  const folder = temporaryFolder(t)
  const contents = () => ours(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  await writeSite(folder, [file('first.html', '1'), file('second.html', '2'), file('old.html', 'old')], at(0))
  const stop = new AbortController()
  const stopping = file('second.html', '', { make: async () => { stop.abort(new Error('stopped')); return 'two' } })
  await t.rejects(writeSite(folder, [file('first.html', 'one'), stopping, file('third.html', 'three')], { ...at(1), signal: stop.signal }), { message: 'stopped' })
  t.same(contents(), ['1', 'old', '2'])
  await t.rejects(writeSite(folder, [file('first.html', 'one'), file('third.html', '3', { make: async () => { throw new Error('the database is away') } })], at(1)), { message: 'the database is away' })
  t.same(contents(), ['1', 'old', '2'])
  t.same(readdirSync(folder).filter((name) => name.startsWith('.')), ['.meshmon-site.json'])
  mkdirSync(join(folder, '.meshmon-site.new'))
  writeFileSync(join(folder, '.meshmon-site.new', '7'), 'of a run that was killed')
  t.same(await writeSite(folder, [file('first.html', 'one'), file('second.html', '2'), file('third.html', '3')], at(2)), { written: 2, same: 1, removed: 1 })
  t.same(contents(), ['one', '2', '3'])
  t.notOk(existsSync(join(folder, '.meshmon-site.new')))
})

t.test('a file may be made of what lies there', async (t) => {
  const folder = temporaryFolder(t)
  const growing = file('stats.json', '', { make: async (earlier) => `${await earlier() ?? 'nothing'}+` })
  for (const ms of [0, 1]) await writeSite(folder, [growing], at(ms))
  t.equal(readFileSync(join(folder, 'stats.json'), 'utf8'), 'nothing++')
})

t.test('two runs do not write to one folder at a time', async (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(folder, { recursive: true })
  const other = new ProcessLock(join(folder, '.meshmon-site.lock'))
  await other.tryHold()
  await t.rejects(writeSite(folder, [file('a.html', '1')], at(0)), { message: /another meshmon site writes to / })
  await other.release()
  t.same(await writeSite(folder, [file('a.html', '1')], at(0)), { written: 1, same: 0, removed: 0 })
})
