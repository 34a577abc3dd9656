import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { packageRoot } from '../src/paths.js'
import { runMeshmon } from './support/process.js'

/** The developer guide's smoke tests (section 8), as printed there. */
const smokeTests = {
  health: 'curl -s http://localhost:8080/healthz',
  pathResult: `curl -s http://localhost:8080/ingest \\
 -H 'Content-Type: application/json' \\
 -d '{
  "schema":"meshmon.v1","type":"path_result",
  "src":"node-A","dst":"node-K",
  "sent_at":"2025-09-29T18:41:05Z","window_s":5,
  "route":["node-A","node-D","node-H","node-K"],
  "metrics":{"rtt_ms_avg":72.3,"jitter_ms_rfc3550":31.8,"loss_pct":0.9}
 }'`,
  batch: `cat > /tmp/batch.json <<'EOF'
[
 {"schema":"meshmon.v1","type":"path_result","src":"node-A","dst":"node-K","sent_at":"2025-09-29T18:41:05Z","window_s":5,"route":["node-A","node-D","node-H","node-K"],"metrics":{"rtt_ms_avg":70,"jitter_ms_rfc3550":35,"loss_pct":0.5}},
 {"schema":"meshmon.v1","type":"path_result","src":"node-A","dst":"node-K","sent_at":"2025-09-29T18:41:45Z","window_s":5,"route":["node-A","node-D","node-H","node-K"],"metrics":{"rtt_ms_avg":75,"jitter_ms_rfc3550":33,"loss_pct":0.8}},
 {"schema":"meshmon.v1","type":"path_result","src":"node-A","dst":"node-K","sent_at":"2025-09-29T18:42:25Z","window_s":5,"route":["node-A","node-D","node-H","node-K"],"metrics":{"rtt_ms_avg":73,"jitter_ms_rfc3550":38,"loss_pct":0.6}}
]
EOF

curl -s http://localhost:8080/ingest \\
 -H 'Content-Type: application/json' \\
 --data-binary @/tmp/batch.json`,
  count: 'SELECT COUNT(*) FROM path_probe;',
  newest: 'SELECT * FROM path_probe ORDER BY time DESC LIMIT 5;',
  issues: 'curl -s http://localhost:8080/issues',
}

t.test('the smoke tests of the developer guide, from an empty folder, across a kill -9', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'meshmon-guide-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  const env = { DATA_DIR: join(folder, 'data'), HOST: '127.0.0.1', PORT: '0' }

  const start = async () => {
    const meshmon = runMeshmon(t, ['serve'], env)
    const [, port] = await meshmon.printed(/listening on http:\/\/localhost:(\d+)/)
    await meshmon.printed(/ready for measurements/)
    const shell = async (command: string) => {
      const here = command.replaceAll('localhost:8080', `127.0.0.1:${port}`).replaceAll('/tmp/batch.json', join(folder, 'batch.json'))
      return (await promisify(execFile)('bash', ['-c', here])).stdout
    }
    return { meshmon, shell }
  }
  const sql = async (statement: string) =>
    (await promisify(execFile)(process.execPath, [join(packageRoot, 'dist/src/cli.js'), 'sql', statement], { env: { ...process.env, DATABASE_URL: '', ...env } })).stdout

  const first = await start()
  t.match(JSON.parse(await first.shell(smokeTests.health)), { ok: true })
  t.match(JSON.parse(await first.shell(smokeTests.pathResult)), { accepted: true, stored: 1 })
  t.match(JSON.parse(await first.shell(smokeTests.batch)), { accepted: true, received: 3, stored: 2, duplicates: 1 })
  t.match(await sql(smokeTests.count), /\n +3\n\(1 row\)/)
  t.match(await sql(smokeTests.newest), /2025-09-29 18:42:25\+00[\s\S]*2025-09-29 18:41:45\+00[\s\S]*2025-09-29 18:41:05\+00[\s\S]*\(3 rows\)/)
  t.same(JSON.parse(await first.shell(smokeTests.issues)), [])

  first.meshmon.child.kill('SIGKILL')
  await first.meshmon.ended
  const second = await start()
  t.match(await sql(smokeTests.count), /\n +3\n\(1 row\)/, 'the second start finds all data')
  t.match(JSON.parse(await second.shell(smokeTests.pathResult)), { stored: 0, duplicates: 1 }, 'and goes on')
  second.meshmon.child.kill('SIGINT')
  t.equal(await second.meshmon.ended, 0)
})
