export const errorTexts = {
  notFound: 'There is no such page',
  away: 'The database does not answer',
  failed: 'This did not work',
  home: 'To the overview',
} as const
