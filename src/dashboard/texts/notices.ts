/** What a page tells once after a form. */
export const noticeTexts = {
  acknowledged: 'Noted: the issue no longer colours the health of the mesh.',
  unacknowledged: 'The acknowledgement is taken back.',
  closed: 'The issue is closed.',
  already_closed: 'The issue was closed meanwhile: nothing was changed.',
  announced: 'The maintenance is announced.',
  ended: 'The maintenance is ended.',
  signed_in: 'Signed in: forms work now.',
} as const
