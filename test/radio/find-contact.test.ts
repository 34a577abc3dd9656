import t from 'tap'
import { findContact } from '../../src/radio/find-contact.js'
import type { Contact } from '../../src/radio/frames/types.js'

function contact (name: string, key: string, { type = 2, lastModifiedS = 1 } = {}): Contact {
  return {
    is: 'contact', name, key: Buffer.from(key.padEnd(64, '0'), 'hex'), type, flags: 0, hops: null, hashSize: 1, path: new Uint8Array(64),
    lastAdvertS: 1, latitude: 0, longitude: 0, lastModifiedS,
  }
}

t.test('name as written, then in any case, then key prefix', async (t) => {
  const contacts = [contact('HILL', 'aa'), contact('Hill', 'bb'), contact('Valley', 'cc11'), contact('Lake', 'cc22')]
  const find = (wanted: { name?: string, keyPrefix?: string }) => {
    const found = findContact(contacts, wanted)
    return found && Buffer.from(found.key).toString('hex', 0, 2)
  }
  t.equal(find({ name: 'Hill' }), 'bb00')
  t.equal(find({ name: 'HILL' }), 'aa00')
  t.match(find({ name: 'hill' }), /aa00|bb00/)
  t.equal(find({ name: ' valley ' }), 'cc11')
  t.equal(find({ name: 'renamed', keyPrefix: 'cc2' }), 'cc22')
  t.equal(find({ name: 'Valley', keyPrefix: 'cc2' }), 'cc11', 'the name counts more')
  t.equal(find({ keyPrefix: 'cc' })?.slice(0, 2), 'cc')
  t.equal(find({ name: 'Hil' }), null)
  t.equal(find({ keyPrefix: 'dd' }), null)
  t.equal(find({}), null)
})

t.test('of several with one name: key prefix, repeater, heard last', async (t) => {
  const contacts = [contact('Hill', 'aa', { type: 1, lastModifiedS: 9 }), contact('Hill', 'bb', { lastModifiedS: 2 }), contact('Hill', 'cc', { lastModifiedS: 3 })]
  t.equal(findContact(contacts, { name: 'Hill' }), contacts[2])
  t.equal(findContact(contacts, { name: 'Hill', keyPrefix: 'aa' }), contacts[0])
})
