export const loginTexts = {
  title: 'Sign in',
  token: 'Token',
  send: 'Sign in',
  wrong: 'That is not the token of this collector.',
  notNeeded: 'This collector has no API_TOKEN: everybody in the mesh may use its forms.',
  hint: 'The API_TOKEN of the collector\'s settings. Needed for forms only; everybody may read. Kept as a cookie for 30 days.',
} as const
