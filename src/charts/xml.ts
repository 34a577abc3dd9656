/** What XML 1.0 has no way to write: most control characters, halves of surrogate pairs, two non-characters. */
// eslint-disable-next-line no-control-regex
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text as markup, for content and attributes alike; what XML can't hold becomes U+FFFD. */
export function escapeText (text: string): string {
  return text.replace(unwritable, '\ufffd').replace(/[&<>"']/g, (character) => entities[character] ?? character)
}

/** An element; attributes are escaped, children are markup already. An attribute without a value is left out. */
export function element (name: string, attributes: Readonly<Record<string, string | number | undefined>>, children: readonly string[] = []): string {
  const written = Object.entries(attributes).map(([key, value]) => value === undefined ? '' : ` ${key}="${typeof value === 'number' ? value : escapeText(value)}"`).join('')
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`
}
