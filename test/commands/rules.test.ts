import { join } from 'node:path'
import t from 'tap'
import { runMeshmon } from '../support/process.js'

const bad = 'engine:\n  fold_wait_s: soon\n'

t.test('meshmon rules check tells what is wrong', async (t) => {
  const folder = t.testdir({ 'good.yaml': 'engine:\n  fold_wait_s: 30\n', 'bad.yaml': bad })
  const run = async (...args: string[]) => {
    const { ended, output } = runMeshmon(t, ['rules', 'check', ...args])
    return { code: await ended, output: output() }
  }
  const badFile = join(folder, 'bad.yaml')
  const [good, wrong, json, missing] = await Promise.all([
    run(join(folder, 'good.yaml')), run(badFile), run('--json', badFile), run(join(folder, 'none.yaml')),
  ])
  t.equal(good.code, 0)
  t.same(wrong, { code: 1, output: `${badFile}:2:3: engine.fold_wait_s: must be a whole number from 0 to 3600, not "soon"\n` })
  t.equal(json.code, 1)
  t.match(JSON.parse(json.output), { ok: false, problems: [{ line: 2, column: 3, key: 'engine.fold_wait_s' }] })
  t.match(missing, { code: 1, output: /none\.yaml:1:1: can't be read: there is no such file/ })
})

t.test('meshmon rules show prints what is in force', async (t) => {
  const folder = t.testdir({ 'good.yaml': 'engine:\n  fold_wait_s: 30\n', 'bad.yaml': bad })
  const shown = runMeshmon(t, ['rules', 'show'], { RULES_FILE: join(folder, 'good.yaml') })
  t.equal(await shown.ended, 0)
  t.match(shown.output(), /^ {2}fold_wait_s: 30$/m)
  const refused = runMeshmon(t, ['rules', 'show'], { RULES_FILE: join(folder, 'bad.yaml') })
  t.equal(await refused.ended, 2, 'a bad file is a bad setting')
  t.match(refused.output(), 'bad.yaml:2:3: engine.fold_wait_s')
})
