import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { packageRoot } from '../src/paths.js'

t.test('a reader who has seen enough is no error', async (t) => {
  const child = spawn(process.execPath, [join(packageRoot, 'dist/src/cli.js'), 'config'], { env: { PATH: process.env['PATH'], MESHMON_CONFIG: '/dev/null' }, stdio: ['ignore', 'pipe', 'pipe'] })
  const printed = text(child.stderr)
  child.stdout.destroy()
  const [code] = await once(child, 'close') as [number]
  t.equal(code, 0)
  t.equal(await printed, '')
})
