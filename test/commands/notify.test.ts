import t from 'tap'
import { runMeshmon } from '../support/process.js'
import { answer, startReceiver } from '../support/receiver.js'

t.test('meshmon notify test tries every target and says what came of it', async (t) => {
  const [good, bad] = [await startReceiver(t), await startReceiver(t)]
  bad.behave(answer(403, {}, 'who are you?'))
  const run = async (env: Record<string, string>) => {
    const { ended, output } = runMeshmon(t, ['notify', 'test'], env)
    return { code: await ended, output: output() }
  }
  const [mixed, fine, nobody, wrong] = await Promise.all([
    run({ NOTIFY_URLS: `${good.url}/secret-path,ntfy://${bad.host}/topic`, NOTIFY_COMMAND: 'read line; echo "got $line" | head -c 20', PUBLIC_URL: 'http://meshmon/' }),
    run({ NOTIFY_COMMAND: 'cat' }), run({}), run({ NOTIFY_URLS: 'nonsense' }),
  ])
  t.equal(mixed.code, 1)
  t.match(mixed.output, /^ok {6}http:\/\/127\.0\.0\.1:\d+\/… \([0-9a-f]{8}\): 200\nfailed {2}ntfy:\/\/127\.0\.0\.1:\d+\/… \([0-9a-f]{8}\): answered 403: who are you\?\nok {6}command: got \{"version":1,"ke\nmeshmon: 1 of 3 targets did not take the test message\n$/)
  t.match(good.received, [{ path: '/secret-path', body: { event: 'test', title: 'meshmon: test message', url: 'http://meshmon' } }])
  t.match(fine, { code: 0, output: /^ok {6}command: / })
  t.match(nobody, { code: 1, output: /set NOTIFY_URLS or NOTIFY_COMMAND/ })
  t.equal(wrong.code, 2)
})
