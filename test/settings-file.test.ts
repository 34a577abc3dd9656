import t from 'tap'
import { parseSettingsFile } from '../src/settings-file.js'

t.test('lines are read as a shell and meshcore-stats read them', async (t) => {
  const cases: Record<string, Record<string, string>> = {
    'A=1': { A: '1' },
    '  export  A = two words  # why': { A: 'two words' },
    'A="two  # words " # why': { A: 'two  # words ' },
    "A='it is \"quoted\"'": { A: 'it is "quoted"' },
    'A="never closed': { A: 'never closed' },
    'A=pass#word': { A: 'pass#word' },
    'A=a=b': { A: 'a=b' },
    'A=': { A: '' },
    'A= # nothing': { A: '' },
    '#A=1': {},
    '# A=1': {},
    'no assignment': {},
    '1A=1': {},
    'A=1\r\nB=2\r\n': { A: '1', B: '2' },
    'A=1\nA=2': { A: '2' },
    '\uFEFFA=1': { A: '1' },
    'A=grüße €': { A: 'grüße €' },
  }
  for (const [text, values] of Object.entries(cases)) t.same(parseSettingsFile(text), values, JSON.stringify(text))
})
