export const rejectedTexts = {
  title: 'Rejected messages',
  hint: 'Messages that were not stored, and why; kept for 30 days.',
  address: 'Sender',
  text: 'Reason or body contains',
  none: 'No message was rejected.',
  older: 'Older messages',
  columns: { time: 'Received', address: 'Sender', reason: 'Reason', body: 'Message' },
  bytes: (count: number) => `${count} bytes`,
  clipped: (count: number) => `The first characters of ${count} bytes.`,
  empty: 'nothing',
} as const
