import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createTestDatabase } from '../support/database.js'
import { runMeshmon } from '../support/process.js'

const good = 'engine:\n  fold_wait_s: 30\n'
const bad = 'engine:\n  fold_wait: 30\n'

t.test('a bad rules file stops the start, with line and key', async (t) => {
  const folder = t.testdir({ 'rules.yaml': bad })
  const { ended, output } = runMeshmon(t, ['serve'], { RULES_FILE: join(folder, 'rules.yaml'), DATA_DIR: join(folder, 'data'), HOST: '127.0.0.1', PORT: '0' })
  t.equal(await ended, 2)
  t.match(output(), /rules\.yaml:2:3: engine\.fold_wait: there is no such setting; did you mean "fold_wait_s"\?/)
})

t.test('SIGHUP reads the rules file again; a bad one is refused', async (t) => {
  const folder = t.testdir({ 'rules.yaml': good })
  const file = join(folder, 'rules.yaml')
  const meshmon = runMeshmon(t, ['serve'], { RULES_FILE: file, DATA_DIR: join(folder, 'data'), HOST: '127.0.0.1', PORT: '0' })
  await meshmon.printed(/listening on/)
  writeFileSync(file, bad)
  meshmon.child.kill('SIGHUP')
  await meshmon.printed(/SIGHUP: The rules file is not used[^\n]*rules\.yaml:2:3: engine\.fold_wait[^\n]*The rules stay as they were/)
  writeFileSync(file, good)
  meshmon.child.kill('SIGHUP')
  await meshmon.printed(/SIGHUP: rules are those of [^\n]*rules\.yaml from the next evaluation on/)
  meshmon.child.kill('SIGTERM')
  t.equal(await meshmon.ended, 0)
})

t.test('every worker reads it again', async (t) => {
  const folder = t.testdir({ 'rules.yaml': good })
  const { url } = await createTestDatabase(t)
  const meshmon = runMeshmon(t, ['serve'], { RULES_FILE: join(folder, 'rules.yaml'), DATABASE_URL: url, WORKERS: '2', HOST: '127.0.0.1', PORT: '0' })
  await meshmon.printed(/listening on [\s\S]*listening on /)
  meshmon.child.kill('SIGHUP')
  await meshmon.printed(/rules are those of [\s\S]*rules are those of /)
  const pids = [...meshmon.output().matchAll(/"pid":(\d+),[^\n]*rules are those of/g)].map(([, pid]) => pid)
  t.equal(new Set(pids).size, 2)
  meshmon.child.kill('SIGTERM')
  t.equal(await meshmon.ended, 0)
})
