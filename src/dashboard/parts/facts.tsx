import type { ComponentChildren } from 'preact'

/** Names and values; what is null or empty is left out. */
export function Facts ({ facts }: { facts: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  const known = facts.filter(([, value]) => value !== null && value !== undefined && value !== '' && value !== '—')
  return known.length === 0 ? null : <dl class='facts'>{known.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
}
